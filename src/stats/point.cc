#include "stats/point.h"

#include <algorithm>

namespace waymark::stats {
namespace {

constexpr double kMedian = 0.5;
constexpr double kTail = 0.99;

// Rounded up, so that what was measured is never 0.
std::uint64_t micros(const TimeBuckets& times, double share) {
  constexpr std::uint64_t kNsInUs = 1'000;
  return (times.quantile(share) + kNsInUs - 1) / kNsInUs;
}

}  // namespace

Point point_of(std::int64_t at, std::uint64_t millis, const Counts& gained,
               std::uint64_t connections) {
  return {.at = at,
          .millis = millis,
          .frames = gained.frames,
          .delivered = gained.delivered,
          .answers = gained.answers,
          .failed_answers = gained.failed_answers,
          .timed_out = gained.timed_out,
          .dead_lettered = gained.dead_lettered,
          .connections = connections,
          .answer_p50_us = micros(gained.answer_times, kMedian),
          .answer_p99_us = micros(gained.answer_times, kTail),
          .up_p99_us = micros(gained.up, kTail),
          .down_p99_us = micros(gained.down, kTail)};
}

Point joined(const Point& earlier, const Point& later) {
  return {.at = earlier.at,
          .millis = earlier.millis + later.millis,
          .frames = earlier.frames + later.frames,
          .delivered = earlier.delivered + later.delivered,
          .answers = earlier.answers + later.answers,
          .failed_answers = earlier.failed_answers + later.failed_answers,
          .timed_out = earlier.timed_out + later.timed_out,
          .dead_lettered = earlier.dead_lettered + later.dead_lettered,
          .connections = later.connections,
          .answer_p50_us = std::max(earlier.answer_p50_us, later.answer_p50_us),
          .answer_p99_us = std::max(earlier.answer_p99_us, later.answer_p99_us),
          .up_p99_us = std::max(earlier.up_p99_us, later.up_p99_us),
          .down_p99_us = std::max(earlier.down_p99_us, later.down_p99_us)};
}

}  // namespace waymark::stats
