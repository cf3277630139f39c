#include "proxy/machine.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>

namespace waymark::proxy {

std::size_t default_workers() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return std::max<std::size_t>(1, static_cast<std::size_t>(CPU_COUNT(&cores)) / 2);
}

std::size_t default_max_connections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = 1024;
  const auto files = static_cast<std::size_t>(limit.rlim_cur);
  const std::size_t reserve = std::max<std::size_t>(256, files / 50);
  return files > 2 * reserve ? files - reserve : std::max<std::size_t>(1, files / 2);
}

}  // namespace waymark::proxy
