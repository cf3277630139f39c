#include "ctl/api.h"

#include <fmt/format.h>

#include <utility>

#include "base/status.h"
#include "ctl/printable.h"

namespace waymark::ctl {
namespace {

using absl::StatusCode;

// What `text` is as JSON; discarded if it is none.
Json parsed(const std::string& text) { return Json::parse(text, nullptr, false); }

// The first of `text`, for a message about an answer nobody expected.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kShown = 80;
  return text.empty() ? "nothing" : fmt::format("\"{}\"", printable(text.substr(0, kShown)));
}

}  // namespace

Api::Api(std::string base_url, Token token, std::chrono::milliseconds timeout, ClientTls tls)
    : base_url_(std::move(base_url)), token_(std::move(token)), http_(timeout, std::move(tls)) {}

absl::StatusOr<Answer> Api::get(const std::string& path) { return call("GET", path, nullptr); }

absl::StatusOr<Answer> Api::post(const std::string& path, const Json& body) {
  return call("POST", path, &body);
}

absl::StatusOr<Answer> Api::patch(const std::string& path, const Json& body) {
  return call("PATCH", path, &body);
}

absl::StatusOr<Answer> Api::remove(const std::string& path) {
  return call("DELETE", path, nullptr);
}

HttpRequest Api::request(const std::string& method, const std::string& path) const {
  HttpRequest made{.method = method, .url = base_url_ + path};
  if (!token_.value.empty()) made.headers.push_back("Authorization: Bearer " + token_.value);
  return made;
}

absl::StatusOr<Answer> Api::call(const std::string& method, const std::string& path,
                                 const Json* body) {
  HttpRequest made = request(method, path);
  made.headers.emplace_back("Accept: application/json");
  if (method != "GET") made.headers.emplace_back("Content-Type: application/json");
  if (body != nullptr) made.body = to_line(*body);
  auto answer = http_.send(made);
  if (!answer.ok()) return not_reached(answer.status(), method != "GET");
  if (answer->status < 200 || answer->status > 299) return refusal(*answer);
  Json json = parsed(answer->body);
  if (!json.is_object()) {
    return error(StatusCode::kInternal,
                 "{} answered {} instead of a JSON object; is it the admin API? (--admin)",
                 base_url_, excerpt(answer->body));
  }
  return Answer{std::move(answer->body), std::move(json)};
}

absl::StatusOr<HttpClient::End> Api::stream(const std::string& path,
                                            const std::string& last_event_id,
                                            const StreamLimits& limits, SseSink& sink,
                                            const std::function<bool()>& wants_more) {
  HttpRequest made = request("GET", path);
  made.headers.emplace_back("Accept: text/event-stream");
  if (!last_event_id.empty()) made.headers.push_back("Last-Event-ID: " + last_event_id);
  SseParser parser;
  absl::Status parsing;
  const auto end = http_.stream(made, limits, [&](std::string_view bytes) {
    parsing = parser.feed(bytes, sink);
    return parsing.ok() && wants_more();
  });
  if (!end.ok()) return not_reached(end.status(), false);
  if (!parsing.ok()) return parsing;
  if (end->end == HttpClient::End::refused) return refusal(end->answer);
  return end->end;
}

absl::Status Api::not_reached(const absl::Status& fault, bool changes) const {
  if (absl::IsResourceExhausted(fault) || absl::IsInvalidArgument(fault)) {
    return error(fault.code(), "{}: {}", base_url_, message_of(fault));
  }
  if (absl::IsFailedPrecondition(fault)) {
    return error(StatusCode::kUnavailable, "could not reach the admin API at {}: {}", base_url_,
                 message_of(fault));
  }
  return error(fault.code(),
               "could not reach the admin API at {}: {}\n"
               "  Check that waymark runs and that `admin.bind` of its configuration is this "
               "address;\n  another one is named by --admin URL or WAYMARK_ADMIN.{}",
               base_url_, message_of(fault),
               absl::IsDeadlineExceeded(fault)
                   ? fmt::format("\n  --timeout gives it more time.{}",
                                 changes ? " It may still do what was asked." : "")
                   : "");
}

absl::Status Api::refusal(const HttpAnswer& answer) const {
  const Json body = parsed(answer.body);
  const std::string message = text_of(body, "message");
  std::string text = message.empty() ? fmt::format("HTTP {} with {} from {}", answer.status,
                                                   excerpt(answer.body), base_url_)
                                     : printable(message);
  for (const Json& detail : list_of(body, "details")) {
    const std::string line =
        fmt::format("{}: {}", text_of(detail, "field"), text_of(detail, "problem"));
    if (line != message) text += "\n  " + printable(line);  // of one problem the message is that
  }
  if (answer.status == 401 || answer.status == 403) {
    text += fmt::format("\n  HTTP {}: {}", answer.status, printable(token_.story()));
    return absl::Status(
        answer.status == 401 ? StatusCode::kUnauthenticated : StatusCode::kPermissionDenied, text);
  }
  if (message.empty()) {
    return error(StatusCode::kInternal, "{}; is it the admin API? (--admin)", text);
  }
  // Not InvalidArgument for a 400: that would put it to the command line's account.
  return absl::Status(answer.status == 404 ? StatusCode::kNotFound : StatusCode::kAborted, text);
}

}  // namespace waymark::ctl
