// What goes wrong with the upstreams of a chaos run, and when. Pure: the same seed gives the same.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace waymark::lab {

enum class FaultAction : std::uint8_t {
  kill,
  stop,    // in order
  freeze,  // SIGSTOP
  change,  // sets values
  crash,   // comes after some frames
  // What undoes each of these, in the same order.
  start_killed,
  start_stopped,
  resume,
  restore,
  start_crashed,
  // When one is whole again: clients move, also to it.
  rebalance,
};

struct FaultStep {
  std::chrono::milliseconds at{0};  // since the beginning
  std::size_t upstream = 0;         // from 0
  FaultAction action = FaultAction::kill;
  std::vector<std::pair<std::string, std::string>>
      values;  // of a change, as waymark-stub takes them
};

// So long an upstream that is whole again counts as broken still: it has to connect first.
inline constexpr std::chrono::milliseconds kRecovery{1'500};

// In the order of their times. At any time at least one upstream is whole, so that with fewer than
// two nothing goes wrong; at `length` all of them are again.
[[nodiscard]] std::vector<FaultStep> make_schedule(std::uint64_t seed,
                                                   std::chrono::milliseconds length,
                                                   std::size_t upstreams);

// "stub-2" of 1
[[nodiscard]] std::string upstream_name(std::size_t upstream);

// "t+3.2s kill stub-2"
[[nodiscard]] std::string to_string(const FaultStep& step);

}  // namespace waymark::lab
