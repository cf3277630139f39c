// A whole run: workers on their threads, led from phase to phase, counted over a window.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/histogram.h"
#include "load/options.h"
#include "load/tally.h"

namespace waymark::load {

// What happened between two moments. Counters and CPU clocks are read together, so that CPU time
// per frame is exact.
struct Window {
  double seconds = 0;
  Counts counts;
  double watched_cpu = 0;  // CPU seconds of Options::watch_pid, all its threads
  double own_cpu = 0;      // CPU seconds of this process
};

struct Result {
  Counts totals;
  Window window;
  Histogram latency;        // nanoseconds, of the window
  double elapsed = 0;       // seconds, the whole run
  std::string first_fault;  // empty if nothing went wrong
  std::string tls;          // version, cipher and group of the first handshake; empty: none
  bool interrupted = false;

  // Every frame that was sent came back, and nothing else did.
  [[nodiscard]] bool is_clean(bool allow_lost) const;
};

// Runs until done, or until SIGINT or SIGTERM, which are blocked in the calling thread from here
// on. Errors: bad options, a target that cannot be resolved, too few descriptors, a process to
// watch that does not exist. What happens to connections is part of the result.
[[nodiscard]] absl::StatusOr<Result> run(const Options& options);

}  // namespace waymark::load
