#include "ctl/stream_commands.h"

#include <fmt/format.h>

#include <csignal>
#include <functional>
#include <initializer_list>
#include <utility>

#include "base/status.h"
#include "ctl/event_view.h"
#include "ctl/printable.h"
#include "ctl/signals.h"
#include "ctl/tap_view.h"
#include "ctl/url.h"

namespace waymark::ctl {
namespace {

using End = HttpClient::End;

// A server that has sent all it keeps is silent until something happens or its heartbeat is due.
constexpr Millis kCaughtUpAfter{1000};

class Printer : public SseSink {
 public:
  Printer(Context& context, std::function<std::string(const SseEvent&)> format)
      : context_(context), format_(std::move(format)) {}

  void on_event(const SseEvent& event) override {
    last_id_ = event.id;
    context_.out.print(format_(event));
  }
  void on_comment(std::string_view) override { heard_comment_ = true; }

  [[nodiscard]] bool heard_comment() const { return heard_comment_; }
  [[nodiscard]] const std::string& last_id() const { return last_id_; }

 private:
  Context& context_;
  std::function<std::string(const SseEvent&)> format_;
  std::string last_id_;
  bool heard_comment_ = false;
};

// The server's own choice is asked for by nothing.
std::string unless_zero(std::uint64_t number) { return number > 0 ? std::to_string(number) : ""; }

// Signals that end a stream in order.
constexpr std::initializer_list<int> kEnding = {SIGINT, SIGTERM, SIGHUP};

}  // namespace

absl::Status show_events(Context& context, const EventsOptions& options) {
  if (options.after.find_first_of("\r\n") != options.after.npos) {
    return error(absl::StatusCode::kInvalidArgument, "--after: an id is one line");
  }
  const Signals signals(kEnding);
  Printer printer(context, [&](const SseEvent& event) {
    return context.json ? event_json(event) : event_line(event, context.style);
  });
  const std::string after = !options.after.empty() ? options.after : options.follow ? "" : "0";
  const StreamLimits limits{.silence = options.follow ? Millis(0) : kCaughtUpAfter,
                            .wake_fd = signals.fd()};
  const auto end = context.api.stream("/v1/events", after, limits, printer, [&] {
    return context.out.status().ok() && (options.follow || !printer.heard_comment());
  });
  if (!end.ok()) return end.status();
  if (*end == End::server && options.follow) {
    return error(absl::StatusCode::kUnavailable, "{} has ended the stream of events{}",
                 context.api.base_url(),
                 printer.last_id().empty() ? ""
                                           : fmt::format("; --after {} goes on behind the last one",
                                                         printable(printer.last_id())));
  }
  return absl::OkStatus();
}

absl::Status tap_connection(Context& context, const TapOptions& options) {
  const Signals signals(kEnding);
  std::uint64_t frames = 0;
  bool ended = false;  // the connection has
  const auto has_enough = [&] { return ended || (options.count > 0 && frames >= options.count); };
  Printer printer(context, [&](const SseEvent& event) -> std::string {
    if (has_enough()) return "";
    if (event.type == "begin") {
      context.err.print(fmt::format("tapping {}, Ctrl-C ends it\n", printable(options.mark)));
      return "";
    }
    frames += event.type == "frame" ? 1 : 0;
    ended = event.type == "end";
    return context.json ? event_json(event) : tap_text(event, context.style);
  });
  const auto path = "/v1/connections/" + url_encoded(options.mark) + ":tap" +
                    query_string({{"max_bytes", unless_zero(options.max_bytes)},
                                  {"max_rate", unless_zero(options.max_rate)}});
  const auto end = context.api.stream(path, "", {.wake_fd = signals.fd()}, printer,
                                      [&] { return context.out.status().ok() && !has_enough(); });
  if (!end.ok()) return end.status();
  if (*end == End::server && !ended) {
    return error(absl::StatusCode::kUnavailable, "{} has ended the tap", context.api.base_url());
  }
  return absl::OkStatus();
}

}  // namespace waymark::ctl
