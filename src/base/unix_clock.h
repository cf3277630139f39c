// The wall clock, as frames are stamped with it.
#pragma once

#include <chrono>
#include <cstdint>

namespace waymark {

// Nanoseconds since 1970. It may be set back while the process runs.
[[nodiscard]] inline std::uint64_t unix_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

// Nanoseconds from one time to another; 0 if the clock was set back between them.
[[nodiscard]] constexpr std::uint64_t ns_between(std::uint64_t from, std::uint64_t to) {
  return to > from ? to - from : 0;
}

}  // namespace waymark
