// CPU time of a process, to the nanosecond (utime + stime of /proc/PID/stat, without the ticks).
#pragma once

#include <sys/types.h>

#include <ctime>

#include "absl/status/statusor.h"

namespace waymark::load {

class CpuClock {
 public:
  // The clock of `pid`; 0 is this process. NotFound if there is none.
  [[nodiscard]] static absl::StatusOr<CpuClock> of(pid_t pid);

  // User and system seconds of all threads, ended ones included; 0 once the process is gone.
  [[nodiscard]] double seconds() const;

 private:
  explicit CpuClock(clockid_t clock) : clock_(clock) {}
  clockid_t clock_;
};

}  // namespace waymark::load
