// Numbers and times in the short form of tables.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waymark::ctl {

using Millis = std::chrono::milliseconds;
// Milliseconds since 1970 in UTC.
using Instant = std::chrono::time_point<std::chrono::system_clock, Millis>;

// At most three digits and a decimal unit: "999", "1.2k", "45k", "3.1M".
[[nodiscard]] std::string short_count(std::uint64_t number);

// "512 B", "1.5 KiB", "256 MiB".
[[nodiscard]] std::string short_bytes(std::uint64_t bytes);

// A count a second, with one decimal below 10: "0", "0.3", "12", "1.2k".
[[nodiscard]] std::string short_rate(double per_second);

// The two largest units: "0s", "45s", "2m 5s", "3h", "4d 2h". Less than nothing is "0s".
[[nodiscard]] std::string short_duration(Millis duration);

// Ends the noun after a number: "" or "s".
[[nodiscard]] constexpr std::string_view plural(std::uint64_t number) {
  return number == 1 ? "" : "s";
}

// "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);

// A time of RFC 3339 in UTC, with or without a fraction ("2024-05-01T12:00:00.250Z").
[[nodiscard]] std::optional<Instant> parse_time(std::string_view text);

// How long ago `text` was, as short_duration; "-" if it is not a time.
[[nodiscard]] std::string short_age(std::string_view text, Instant now);

// How long until `text`; "-" if it is not a time.
[[nodiscard]] std::string short_wait(std::string_view text, Instant now);

}  // namespace waymark::ctl
