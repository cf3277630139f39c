#include "lab/fault_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using Values = std::vector<std::pair<std::string, std::string>>;

constexpr std::int64_t kBeat = 100;  // ms; every time is a multiple of it, and so is printed whole
constexpr milliseconds kFirst{500};
constexpr milliseconds kShortest{300};
constexpr milliseconds kPauseMin{200};
constexpr milliseconds kPauseMax{1'200};

// How long each kind lasts. A stop in order takes a stub up to three seconds.
struct Length {
  FaultAction begin;
  FaultAction end;
  milliseconds min;
  milliseconds max;
};
constexpr Length kKill{FaultAction::kill, FaultAction::start_killed, milliseconds(300),
                       milliseconds(2'000)};
constexpr Length kStop{FaultAction::stop, FaultAction::start_stopped, milliseconds(1'000),
                       milliseconds(4'000)};
constexpr Length kFreeze{FaultAction::freeze, FaultAction::resume, milliseconds(300),
                         milliseconds(4'000)};
constexpr Length kChange{FaultAction::change, FaultAction::restore, milliseconds(1'000),
                         milliseconds(4'000)};
constexpr Length kCrash{FaultAction::crash, FaultAction::start_crashed, milliseconds(1'000),
                        milliseconds(4'000)};

// The distributions of the standard library differ from one to the other; these do not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : bits_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return bits_() % limit; }
  std::uint64_t between(std::uint64_t min, std::uint64_t max) { return min + below(max - min + 1); }
  milliseconds time(milliseconds min, milliseconds max) {
    return milliseconds(between(min.count() / kBeat, max.count() / kBeat) * kBeat);
  }

 private:
  std::mt19937_64 bits_;
};

const Length& roll_kind(Dice& dice) {
  const std::uint64_t side = dice.below(10);
  if (side < 3) return kKill;
  if (side < 5) return kFreeze;
  if (side < 6) return kStop;
  if (side < 7) return kCrash;
  return kChange;
}

std::string ms(std::uint64_t count) { return fmt::format("{}ms", count); }
std::string percent(std::uint64_t count) { return fmt::format("{}%", count); }

Values roll_values(Dice& dice) {
  switch (dice.below(8)) {
    case 0:
      return {{"delay", ms(dice.between(50, 500))}};
    case 1:
      return {{"jitter", ms(dice.between(100, 500))}};
    case 2:
      return {{"failure", percent(dice.between(5, 50))}};
    case 3:
      return {{"drop", percent(dice.between(1, 20))}};
    case 4:
      return {{"slow_read", ms(dice.between(1, 20))}};
    case 5:
      return {{"ack", "late"}, {"delay", ms(dice.between(20, 300))}};
    case 6:
      return {{"ack", "duplicate"}, {"delay", ms(dice.between(20, 300))}};
    default:
      return {{"ack", "never"}};
  }
}

std::string text_of(const Values& values) {
  std::string text;
  for (const auto& [name, value] : values) {
    std::string option = name;
    std::replace(option.begin(), option.end(), '_', '-');
    text += fmt::format(" --{} {}", option, value);
  }
  return text;
}

}  // namespace

std::vector<FaultStep> make_schedule(std::uint64_t seed, milliseconds length,
                                     std::size_t upstreams) {
  std::vector<FaultStep> steps;
  if (upstreams < 2) return steps;
  Dice dice(seed);
  std::vector<milliseconds> whole_from(upstreams, milliseconds(0));
  for (milliseconds at = kFirst; at + kShortest <= length; at += dice.time(kPauseMin, kPauseMax)) {
    std::vector<std::size_t> whole;
    for (std::size_t i = 0; i < upstreams; ++i) {
      if (whole_from[i] <= at) whole.push_back(i);
    }
    if (whole.size() < 2) continue;
    const std::size_t victim = whole[dice.below(whole.size())];
    const Length& kind = roll_kind(dice);
    const milliseconds end = std::min(at + dice.time(kind.min, kind.max), length);
    FaultStep begin{at, victim, kind.begin, {}};
    if (kind.begin == FaultAction::change) begin.values = roll_values(dice);
    if (kind.begin == FaultAction::crash) {
      begin.values = {{"crash_after", std::to_string(dice.between(1, 200))}};
    }
    steps.push_back(std::move(begin));
    steps.push_back({end, victim, kind.end, {}});
    whole_from[victim] = end + kRecovery;
    if (whole_from[victim] <= length) {
      steps.push_back({whole_from[victim], victim, FaultAction::rebalance, {}});
    }
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const FaultStep& a, const FaultStep& b) { return a.at < b.at; });
  return steps;
}

std::string upstream_name(std::size_t upstream) { return fmt::format("stub-{}", upstream + 1); }

std::string to_string(const FaultStep& step) {
  const auto time =
      fmt::format("t+{}.{}s", step.at.count() / 1'000, step.at.count() % 1'000 / kBeat);
  const auto line = [&](std::string_view before, std::string_view after = "") {
    return fmt::format("{} {} {}{}", time, before, upstream_name(step.upstream), after);
  };
  switch (step.action) {
    case FaultAction::kill:
      return line("kill");
    case FaultAction::stop:
      return line("stop");
    case FaultAction::freeze:
      return line("freeze");
    case FaultAction::change:
    case FaultAction::crash:
      return line("set", text_of(step.values));
    case FaultAction::start_killed:
    case FaultAction::start_stopped:
      return line("start");
    case FaultAction::resume:
      return line("resume");
    case FaultAction::restore:
      return line("set", " as it was");
    case FaultAction::start_crashed:
      return line("start", ", if it has crashed");
    case FaultAction::rebalance:
      return time + " rebalance";
  }
  return {};
}

}  // namespace waymark::lab
