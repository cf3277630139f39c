#include "lab/fault_player.h"

#include <limits>
#include <thread>

#include "base/status.h"
#include "ctl/json_fields.h"
#include "lab/stub_control.h"

namespace waymark::lab {
namespace {

using absl::StatusCode;
using ctl::Json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook(20);
constexpr std::chrono::seconds kPatience = Supervisor::kPatience + std::chrono::seconds(5);
constexpr std::chrono::seconds kStarting(5);
constexpr Nanos kOpen = std::numeric_limits<Nanos>::max();
// A frame that came just before may be handled by what was set then.
constexpr Nanos kMargin = 1'000'000'000;

Nanos now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
      .count();
}

void close(std::vector<Span>& spans, const std::string& name, Nanos at) {
  for (Span& span : spans) {
    if (span.upstream == name && span.to == kOpen) span.to = at;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<FaultPlayer>> FaultPlayer::make(Supervisor& lab,
                                                               Rebalance rebalance) {
  std::unique_ptr<FaultPlayer> player(new FaultPlayer(lab, std::move(rebalance)));
  for (const MemberView& view : lab.ask_views()) {
    if (view.kind != Kind::upstream) continue;
    auto values = player->tell(view.name, {});
    if (!values.ok()) return values.status();
    player->open_spans(view.name, *values);
    player->as_it_was_.emplace(view.name, *std::move(values));
  }
  return player;
}

absl::Status FaultPlayer::play(const FaultStep& step) {
  const std::string name = upstream_name(step.upstream);
  switch (step.action) {
    case FaultAction::kill:
      return lab_.ask_kill(name).status();
    case FaultAction::stop:
      return lab_.ask_stop(name).status();
    case FaultAction::freeze:
      return lab_.ask_freeze(name).status();
    case FaultAction::change:
    case FaultAction::crash:
      return change(name, step.values);
    case FaultAction::start_killed:
    case FaultAction::start_stopped:
      return start(name);
    case FaultAction::resume:
      return lab_.ask_resume(name).status();
    case FaultAction::restore:
      return restore(name);
    case FaultAction::start_crashed:
      return start_crashed(name);
    case FaultAction::rebalance:
      return rebalance_();
  }
  return absl::OkStatus();
}

absl::Status FaultPlayer::change(const std::string& name, const Values& values) {
  open_spans(name, values);
  return tell(name, values).status();
}

absl::Status FaultPlayer::restore(const std::string& name) {
  const auto told = tell(name, as_it_was_[name]);
  if (told.ok()) close_spans(name);
  return told.status();
}

// One that is ending still is waited for.
absl::Status FaultPlayer::start(const std::string& name) {
  for (const auto until = Clock::now() + kPatience;; std::this_thread::sleep_for(kLook)) {
    const auto view = lab_.ask_view(name);
    if (!view.ok()) return view.status();
    if (view->pid == 0) return lab_.ask_start(name).status();
    if (view->state != State::stopping) return absl::OkStatus();
    if (Clock::now() > until) {
      return error(StatusCode::kDeadlineExceeded, "{} has not ended in time", name);
    }
  }
}

absl::Status FaultPlayer::start_crashed(const std::string& name) {
  const auto told = tell(name, {{"crash_after", "0"}});
  if (told.ok()) return absl::OkStatus();
  // It has crashed, or does so now.
  for (const auto until = Clock::now() + kPatience; Clock::now() < until;
       std::this_thread::sleep_for(kLook)) {
    const auto view = lab_.ask_view(name);
    if (!view.ok()) return view.status();
    if (view->pid == 0) return start(name);
  }
  return told.status();
}

absl::StatusOr<FaultPlayer::Values> FaultPlayer::tell(const std::string& name,
                                                      const Values& values) {
  const auto view = lab_.ask_view(name);
  if (!view.ok()) return view.status();
  Json change = Json::object();
  for (const auto& [value, text] : values) change[value] = text;
  const std::string request = ctl::to_line(change) + "\n";
  auto line = ask_stub(view->control, request);
  // One that was started just now takes a moment until it listens.
  for (const auto until = Clock::now() + kStarting; !line.ok() && Clock::now() < until;
       line = ask_stub(view->control, request)) {
    const auto now = lab_.ask_view(name);
    if (!now.ok() || now->pid == 0) break;
    std::this_thread::sleep_for(kLook);
  }
  if (!line.ok()) return line.status();
  const Json answer = Json::parse(*line, nullptr, false);
  if (const std::string fault = ctl::text_of(answer, "error"); !fault.empty()) {
    return error(StatusCode::kInvalidArgument, "{}: {}", name, fault);
  }
  Values now;
  for (const auto& [value, text] : ctl::object_of(answer, "behaviour").items()) {
    if (text.is_string()) now.emplace_back(value, text.get<std::string>());
  }
  return now;
}

void FaultPlayer::open_spans(const std::string& name, const Values& values) {
  const Nanos from = now_ns() - kMargin;
  for (const auto& [value, text] : values) {
    const bool withholds = (value == "failure" || value == "drop") && text != "0%";
    const bool keeps_apart = value == "ack" && text != "auto";
    if (withholds) withheld_.push_back({name, from, kOpen});
    if (keeps_apart) apart_.push_back({name, from, kOpen});
  }
}

// What it did at first, it does again.
void FaultPlayer::close_spans(const std::string& name) {
  const Nanos now = now_ns();
  close(withheld_, name, now);
  close(apart_, name, now);
  open_spans(name, as_it_was_[name]);
}

}  // namespace waymark::lab
