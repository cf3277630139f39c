// Times for people and machines to read.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace waymark {

// "2026-11-21T10:15:30.123Z"; of the years 0 to 9999.
[[nodiscard]] std::string to_rfc3339(std::chrono::system_clock::time_point time);
// Of nanoseconds since 1970.
[[nodiscard]] std::string to_rfc3339(std::uint64_t unix_ns);

}  // namespace waymark
