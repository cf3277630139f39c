#include "base/rfc3339.h"

#include <fmt/chrono.h>

namespace waymark {

std::string to_rfc3339(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

std::string to_rfc3339(std::uint64_t unix_ns) {
  using std::chrono::system_clock;
  return to_rfc3339(system_clock::time_point(
      std::chrono::duration_cast<system_clock::duration>(std::chrono::nanoseconds(unix_ns))));
}

}  // namespace waymark
