#include "admin/dispatcher.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "admin/json_message.h"

namespace waymark::admin {
namespace {

using google::protobuf::Message;

std::optional<Response> refuse_content_type(const Request& request) {
  const std::string* type = request.header("content-type");
  if (type == nullptr && !request.has_body) return std::nullopt;
  if (type != nullptr && request.header_count("content-type") == 1) {
    std::string word = type->substr(0, type->find_first_of("; \t"));
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (word == "application/json") return std::nullopt;
  }
  ErrorDetails details;
  add_error(details, "Content-Type", "expected application/json");
  return error_response(415, "the body is not announced as application/json", std::move(details));
}

void check_parameter(const Parameter& parameter, const std::string& value, ErrorDetails& errors) {
  if (!parameter.words.empty() &&
      std::find(parameter.words.begin(), parameter.words.end(), value) == parameter.words.end()) {
    add_error(errors, parameter.name,
              fmt::format("expected one of {}, found \"{}\"", fmt::join(parameter.words, ", "),
                          shortened(value)));
  }
  if (parameter.max == 0) return;
  std::size_t number = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (fault != std::errc() || end != value.data() + value.size() || number < parameter.min ||
      number > parameter.max) {
    add_error(errors, parameter.name,
              fmt::format("expected a number from {} to {}, found \"{}\"", parameter.min,
                          parameter.max, shortened(value)));
  }
}

std::string allowed_parameters(const Route& route) {
  if (route.query.empty()) return "unknown parameter; none is allowed";
  std::vector<std::string> names;
  for (const Parameter& parameter : route.query) names.push_back(parameter.name);
  return fmt::format("unknown parameter; allowed: {}", fmt::join(names, ", "));
}

void read_query(const Route& route, const Target& target, Call& call, ErrorDetails& errors) {
  for (const auto& [name, value] : target.query) {
    const auto parameter =
        std::find_if(route.query.begin(), route.query.end(),
                     [&name = name](const Parameter& each) { return each.name == name; });
    if (parameter == route.query.end()) {
      add_error(errors, shortened(name), allowed_parameters(route));
    } else if (!call.query.emplace(name, value).second) {
      add_error(errors, name, "given twice");
    } else {
      check_parameter(*parameter, value, errors);
    }
    if (errors.size() >= kMaxJsonErrors) return;
  }
}

// No body stands for an empty object.
std::unique_ptr<Message> read_body(const Route& route, const Request& request,
                                   ErrorDetails& errors) {
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  std::unique_ptr<Message> body(factory->GetPrototype(route.takes)->New());
  std::optional<JsonValue> value =
      request.body.empty() ? JsonValue(JsonValue::object()) : parse_json(request.body, errors);
  if (!value) return body;
  if (route.rewrite) route.rewrite(*value, errors);
  read_json_value(*value, *body, errors);
  return body;
}

// Writes a second record when the stream ends.
class AuditedStream final : public StreamSource {
 public:
  AuditedStream(std::unique_ptr<StreamSource> source, Audit audit, AuditRecord record)
      : audit_(std::move(audit)), record_(std::move(record)), source_(std::move(source)) {}
  AuditedStream(const AuditedStream&) = delete;
  AuditedStream& operator=(const AuditedStream&) = delete;
  ~AuditedStream() override {
    record_.summary = "ends: " + source_->summary();
    audit_(record_);
  }

  void start(std::function<void()> wake) override { source_->start(std::move(wake)); }
  std::string next(std::size_t most) override { return source_->next(most); }
  bool over() override { return source_->over(); }
  [[nodiscard]] std::string summary() const override { return source_->summary(); }

 private:
  const Audit audit_;
  AuditRecord record_;
  const std::unique_ptr<StreamSource> source_;
};

// What a browser asks before a call with a token goes to another server than the page's own.
Response preflight(const std::string& methods) {
  Response response;
  response.status = 204;
  response.headers = {{"Access-Control-Allow-Methods", methods},
                      {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                      {"Access-Control-Max-Age", "600"}};
  return response;
}

std::string error_summary(const Response& response) {
  api::Error error;
  if (!read_json(response.body, error).empty()) return "";
  return shortened(error.message(), 240);
}

}  // namespace

Dispatcher::Dispatcher(std::string listener, Gate gate, RouteTable routes, Audit audit,
                       RequestCounts* counts)
    : listener_(std::move(listener)),
      gate_(std::move(gate)),
      routes_(std::move(routes)),
      audit_(std::move(audit)),
      counts_(counts) {}

std::optional<Response> Dispatcher::admit(const Request& request) {
  auto examined = examine(request);
  if (auto* refusal = std::get_if<Response>(&examined)) {
    return for_page(request, std::move(*refusal));
  }
  return std::nullopt;
}

Response Dispatcher::handle(const Request& request) {
  auto examined = examine(request);
  if (auto* refusal = std::get_if<Response>(&examined)) {
    return for_page(request, std::move(*refusal));
  }
  return for_page(request, act(request, std::move(std::get<Admitted>(examined))));
}

// A browser shows a page the answer of another server only if that says so.
Response Dispatcher::for_page(const Request& request, Response response) const {
  if (!is_page(request, gate_.pages)) return response;
  response.headers.push_back({"Access-Control-Allow-Origin", *request.header("origin")});
  response.headers.push_back({"Vary", "Origin"});
  return response;
}

Response Dispatcher::act(const Request& request, Admitted admitted) const {
  const Route& route = *admitted.match.route;
  Call call{request, std::move(admitted.match.path), {}, nullptr, std::move(admitted.actor)};
  std::string summary;
  Response response = carry_out(route, call, admitted.target, summary);
  if (!route.is_audited() || !audit_) return response;
  if (response.status >= 400) summary += (summary.empty() ? "" : ": ") + error_summary(response);
  if (response.stream != nullptr) summary = "begins";
  AuditRecord record{call.actor.name, call.actor.peer,
                     route.method,    shortened(request.target, 200),
                     response.status, std::move(summary)};
  audit_(record);
  if (response.stream != nullptr) {
    response.stream = std::make_unique<AuditedStream>(std::move(response.stream), audit_, record);
  }
  return response;
}

void Dispatcher::answered(const Request& request, unsigned status) {
  if (counts_ == nullptr) return;
  RequestKind kind{.listener = listener_, .method = "other", .route = "other", .code = status};
  if (const absl::StatusOr<Target> target = parse_target(request.target); target.ok()) {
    if (const Route* route = routes_.find(request.method, target->segments).route) {
      kind.method = route->method;
      kind.route = route->path;
    }
  }
  counts_->add(kind);
}

void Dispatcher::ended_unused() {
  if (counts_ != nullptr) counts_->add_unused(listener_);
}

std::variant<Dispatcher::Admitted, Response> Dispatcher::examine(const Request& request) const {
  if (auto refusal = refuse_foreign(request, gate_.hosts ? &*gate_.hosts : nullptr, gate_.pages)) {
    return *std::move(refusal);
  }
  absl::StatusOr<Target> target = parse_target(request.target);
  if (!target.ok()) return error_response(target.status());
  Match match = routes_.find(request.method, target->segments);
  if (match.allowed.empty()) {
    return error_response(404, fmt::format("there is no {}; GET /openapi.json lists the calls",
                                           shortened(request.target)));
  }
  if (match.route == nullptr) {
    const std::string allowed = fmt::format("{}", fmt::join(match.allowed, ", "));
    if (request.method == "OPTIONS" && is_page(request, gate_.pages)) return preflight(allowed);
    Response response = error_response(405, "allowed here: " + allowed);
    response.headers.push_back({"Allow", allowed});
    return response;
  }
  auto actor = identify(request, match.route->role, gate_.tokens, gate_.auth_off);
  if (auto* refusal = std::get_if<Response>(&actor)) return std::move(*refusal);
  if (match.route->changes_state()) {
    if (auto refusal = refuse_content_type(request)) return *std::move(refusal);
  }
  return Admitted{std::move(match), *std::move(target), std::move(std::get<Actor>(actor))};
}

Response Dispatcher::carry_out(const Route& route, Call& call, const Target& target,
                               std::string& summary) const {
  ErrorDetails errors;
  read_query(route, target, call, errors);
  std::unique_ptr<Message> body;
  if (route.takes != nullptr) {
    body = read_body(route, call.request, errors);
    summary = summary_of(*body);
  } else if (!call.request.body.empty() && call.request.body != "{}") {
    add_error(errors, "", "this call takes no body");
  }
  if (!errors.empty()) {
    std::string message = errors.front().field().empty()
                              ? errors.front().problem()
                              : errors.front().field() + ": " + errors.front().problem();
    return error_response(400, std::move(message), std::move(errors));
  }
  call.body = body.get();
  return route.handler(call);
}

}  // namespace waymark::admin
