// One step of a history: what happened in it.
#pragma once

#include <cstdint>

#include "stats/counts.h"

namespace waymark::stats {

struct Point {
  std::int64_t at = 0;       // Unix seconds; of a minute: of its begin
  std::uint64_t millis = 0;  // it covers
  std::uint64_t frames = 0;  // these and the next five as in Counts
  std::uint64_t delivered = 0;
  std::uint64_t answers = 0;
  std::uint64_t failed_answers = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t connections = 0;    // at its end
  std::uint64_t answer_p50_us = 0;  // 0: nothing was measured
  std::uint64_t answer_p99_us = 0;
  std::uint64_t up_p99_us = 0;
  std::uint64_t down_p99_us = 0;

  [[nodiscard]] std::uint64_t errors() const { return failed_answers + timed_out + dead_lettered; }

  bool operator==(const Point&) const = default;
};

// `gained`: within `millis`.
[[nodiscard]] Point point_of(std::int64_t at, std::uint64_t millis, const Counts& gained,
                             std::uint64_t connections);

// Of two parts of one step, as before and after a restart: sums, the later connections, and of the
// times the longer ones.
[[nodiscard]] Point joined(const Point& earlier, const Point& later);

}  // namespace waymark::stats
