#include "lab/fault_schedule.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace waymark::lab;
using namespace std::chrono_literals;

namespace {

std::string text_of(const std::vector<FaultStep>& steps) {
  std::string text;
  for (const FaultStep& step : steps) text += to_string(step) + "\n";
  return text;
}

bool breaks(FaultAction action) { return action <= FaultAction::crash; }

FaultAction undoing(FaultAction action) {
  return static_cast<FaultAction>(static_cast<int>(action) +
                                  static_cast<int>(FaultAction::start_killed));
}

}  // namespace

TEST_CASE("the same seed has the same faults, another one has others") {
  CHECK(text_of(make_schedule(7, 60s, 3)) == text_of(make_schedule(7, 60s, 3)));
  CHECK(text_of(make_schedule(7, 60s, 3)) != text_of(make_schedule(8, 60s, 3)));
  // What a seed means must not change with a compiler or a library.
  CHECK(text_of(make_schedule(7, 5s, 3)) ==
        "t+0.5s kill stub-1\n"
        "t+0.9s set stub-3 --ack duplicate --delay 160ms\n"
        "t+1.4s start stub-1\n"
        "t+2.9s rebalance\n"
        "t+3.7s stop stub-1\n"
        "t+4.6s set stub-3 as it was\n"
        "t+5.0s start stub-1\n");
}

TEST_CASE("one upstream is always whole, each fault is undone, and all are at the end") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    for (const std::size_t upstreams : {2, 3, 5}) {
      INFO("seed " << seed << ", upstreams " << upstreams);
      std::map<std::size_t, FaultAction> broken;
      std::map<std::size_t, std::chrono::milliseconds> undone;
      auto last = 0ms;
      for (const FaultStep& step : make_schedule(seed, 20s, upstreams)) {
        REQUIRE(step.at >= last);
        REQUIRE(step.at <= 20s);
        REQUIRE(step.upstream < upstreams);
        last = step.at;
        if (breaks(step.action)) {
          REQUIRE(broken.emplace(step.upstream, step.action).second);
          const auto before = undone.find(step.upstream);
          REQUIRE((before == undone.end() || before->second + kRecovery <= step.at));
          std::size_t whole = 0;
          for (std::size_t i = 0; i < upstreams; ++i) {
            const auto at = undone.find(i);
            const bool recovers = at != undone.end() && step.at < at->second + kRecovery;
            whole += broken.contains(i) || recovers ? 0 : 1;
          }
          REQUIRE(whole >= 1);
        } else if (step.action != FaultAction::rebalance) {
          REQUIRE(broken.contains(step.upstream));
          REQUIRE(step.action == undoing(broken[step.upstream]));
          broken.erase(step.upstream);
          undone[step.upstream] = step.at;
        }
      }
      REQUIRE(broken.empty());
    }
  }
}

TEST_CASE("every kind of fault and every value comes up") {
  std::set<FaultAction> actions;
  std::set<std::string> values;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const FaultStep& step : make_schedule(seed, 60s, 3)) {
      actions.insert(step.action);
      for (const auto& [name, value] : step.values) {
        values.insert(name == "ack" ? name + " " + value : name);
      }
    }
  }
  CHECK(actions.size() == 11);
  CHECK(values == std::set<std::string>{"ack duplicate", "ack late", "ack never", "crash_after",
                                        "delay", "drop", "failure", "jitter", "slow_read"});
}

TEST_CASE("nothing goes wrong where nobody would be left") {
  CHECK(make_schedule(7, 60s, 1).empty());
  CHECK(make_schedule(7, 60s, 0).empty());
  CHECK(make_schedule(7, 0s, 3).empty());
}
