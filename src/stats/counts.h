// What one upstream, or the whole proxy, has counted up to some moment.
#pragma once

#include <cstdint>

#include "base/buckets.h"

namespace waymark::stats {

// All of them rise while the counting process runs.
struct Counts {
  std::uint64_t frames = 0;     // an upstream: that it is done with; the proxy: read from clients
  std::uint64_t delivered = 0;  // payloads given to clients; of the proxy alone
  std::uint64_t answers = 0;    // from upstreams, for one connection each
  std::uint64_t failed_answers = 0;  // of those, the ones that report a failure
  std::uint64_t timed_out = 0;       // frames without an answer in time
  std::uint64_t dead_lettered = 0;
  TimeBuckets answer_times;  // of the frames that were watched
  TimeBuckets up;            // time in the proxy; of the proxy alone
  TimeBuckets down;

  [[nodiscard]] std::uint64_t errors() const { return failed_answers + timed_out + dead_lettered; }

  void add(const Counts& other);
  // What was counted since this was `before`. A number that has fallen was begun anew: all of it
  // counts.
  [[nodiscard]] Counts since(const Counts& before) const;
};

}  // namespace waymark::stats
