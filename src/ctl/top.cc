#include "ctl/top.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include "base/status.h"
#include "ctl/printable.h"
#include "ctl/signals.h"
#include "ctl/terminal.h"
#include "ctl/top_view.h"

namespace waymark::ctl {
namespace {

using Clock = std::chrono::steady_clock;

// What was read last, and the rates since the time before.
class Readings {
 public:
  explicit Readings(Api& api) : api_(api) {}

  // Keeps what it had if the server cannot be read.
  absl::Status refresh() {
    auto info = api_.get("/v1/info");
    if (!info.ok()) return info.status();
    auto upstreams = api_.get("/v1/upstreams");
    if (!upstreams.ok()) return upstreams.status();
    info_ = std::move(info->json);
    upstreams_ = std::move(upstreams->json);
    rates_.add(upstreams_, text_of(info_, "boot_id"), Clock::now());
    return absl::OkStatus();
  }

  [[nodiscard]] std::string view(const Style& style, std::size_t max_lines) const {
    return top_view(info_, upstreams_, rates_, style, max_lines, Context::now());
  }

 private:
  Api& api_;
  Json info_;
  Json upstreams_;
  Rates rates_;
};

enum class Wish { none, end, suspend, redraw };

Wish wish_of_signal(int number) {
  switch (number) {
    case 0:
      return Wish::none;
    case SIGTSTP:
      return Wish::suspend;
    case SIGWINCH:
      return Wish::redraw;
    default:
      return Wish::end;
  }
}

// Waits until `until`, or until a key or a signal wants something.
Wish wait(Signals& signals, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<Millis>(until - Clock::now()).count();
    if (left <= 0) return Wish::none;
    std::array<pollfd, 2> ready = {pollfd{signals.fd(), POLLIN, 0},
                                   pollfd{STDIN_FILENO, POLLIN, 0}};
    ::poll(ready.data(), ready.size(), static_cast<int>(left));
    if (const Wish wish = wish_of_signal(signals.take()); wish != Wish::none) return wish;
    if (ready[1].revents != 0) {
      char key = 0;
      // The end of input is the end of the terminal.
      if (::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q') return Wish::end;
    }
  }
}

void draw(const Readings& readings, const absl::Status& problem, FullScreen& screen, Style style) {
  const TerminalSize size = size_of_terminal(STDOUT_FILENO);
  style.width = size.columns;
  // The last line is for the problem.
  std::string text = readings.view(style, size.rows - 1);
  if (!problem.ok()) {
    const std::string_view message = message_of(problem);
    Fields line;
    line.add("old data", Cell(message.substr(0, message.find('\n')), Colour::red));
    text += line.to_string(style);
  }
  screen.show(text);
}

absl::Status run_screen(Context& context, Readings& readings, Millis interval) {
  Signals signals({SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH});
  auto screen = std::make_unique<FullScreen>(context.out);
  absl::Status problem;
  auto next = Clock::now() + interval;
  while (context.out.status().ok()) {
    draw(readings, problem, *screen, context.style);
    switch (wait(signals, next)) {
      case Wish::end:
        return absl::OkStatus();
      case Wish::suspend:
        screen.reset();
        ::raise(SIGSTOP);
        screen = std::make_unique<FullScreen>(context.out);
        break;
      case Wish::redraw:
        break;
      case Wish::none:
        problem = readings.refresh();
        next = Clock::now() + interval;
    }
  }
  return absl::OkStatus();
}

absl::Status run_once(Context& context, Readings& readings, Millis interval) {
  Signals signals({SIGINT, SIGTERM, SIGHUP});
  pollfd ready{signals.fd(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(interval.count())) > 0) return absl::OkStatus();
  auto status = readings.refresh();
  if (status.ok()) context.out.print(readings.view(Style{}, SIZE_MAX));
  return status;
}

}  // namespace

absl::Status run_top(Context& context, const TopOptions& options) {
  if (context.json) {
    return error(absl::StatusCode::kInvalidArgument,
                 "top is for eyes; `waymarkctl upstreams list -o json` has the counters");
  }
  if (!options.once && (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1)) {
    return error(absl::StatusCode::kInvalidArgument,
                 "top needs a terminal; --once prints one table without");
  }
  Readings readings(context.api);
  const auto status = readings.refresh();
  if (!status.ok()) return status;
  return options.once ? run_once(context, readings, options.interval)
                      : run_screen(context, readings, options.interval);
}

}  // namespace waymark::ctl
