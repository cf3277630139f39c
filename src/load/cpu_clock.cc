#include "load/cpu_clock.h"

#include "base/status.h"

namespace waymark::load {

absl::StatusOr<CpuClock> CpuClock::of(pid_t pid) {
  clockid_t clock{};
  const int failure = ::clock_getcpuclockid(pid, &clock);
  if (failure != 0) return errno_error(failure, fmt::format("CPU clock of process {}", pid));
  return CpuClock(clock);
}

double CpuClock::seconds() const {
  timespec time{};
  if (::clock_gettime(clock_, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace waymark::load
