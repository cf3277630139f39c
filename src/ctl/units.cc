#include "ctl/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace waymark::ctl {
namespace {

constexpr std::array<std::string_view, 6> kDecimal = {"", "k", "M", "G", "T", "P"};
constexpr std::array<std::string_view, 6> kBinary = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};

// `value` in the largest of `units` that leaves at most three digits before the point.
std::string scaled(double value, double step, std::span<const std::string_view> units) {
  std::size_t unit = 0;
  // Half a unit below 1000: what would be rounded up to four digits goes to the next unit.
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  if (unit == 0) return fmt::format("{:.0f}{}", value, units[0]);
  // 9.95 would be rounded to "10.0".
  return fmt::format("{:.{}f}{}", value, value < 9.95 ? 1 : 0, units[unit]);
}

// The number of all of `digits`, and nothing else.
std::optional<int> number_of(std::string_view digits) {
  int value = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, failure] = std::from_chars(digits.data(), last, value);
  if (failure != std::errc() || end != last || digits.starts_with('-')) return std::nullopt;
  return value;
}

}  // namespace

std::string short_count(std::uint64_t number) {
  return scaled(static_cast<double>(number), 1000, kDecimal);
}

std::string short_bytes(std::uint64_t bytes) {
  return scaled(static_cast<double>(bytes), 1024, kBinary);
}

std::string short_rate(double per_second) {
  if (!(per_second > 0)) return "0";
  if (per_second < 9.95) return fmt::format("{:.1f}", per_second);
  return scaled(per_second, 1000, kDecimal);
}

std::string short_duration(Millis duration) {
  struct Unit {
    std::string_view name;
    std::int64_t seconds;
  };
  constexpr std::array kUnits = {Unit{"d", 86'400}, Unit{"h", 3'600}, Unit{"m", 60}, Unit{"s", 1}};
  const auto seconds =
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count(), 0);
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    const Unit& large = kUnits[i];
    if (seconds < large.seconds) continue;
    const Unit& small = kUnits[i + 1];
    const auto rest = seconds % large.seconds / small.seconds;
    const auto whole = fmt::format("{}{}", seconds / large.seconds, large.name);
    return rest == 0 ? whole : fmt::format("{} {}{}", whole, rest, small.name);
  }
  return fmt::format("{}s", seconds);
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::optional<Instant> parse_time(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kShape.size() + 1 || !text.ends_with('Z')) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) return std::nullopt;
  }
  std::string_view fraction = text.substr(kShape.size());
  fraction.remove_suffix(1);
  int millis = 0;
  if (!fraction.empty()) {
    if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > 10) return std::nullopt;
    if (!number_of(fraction.substr(1))) return std::nullopt;
    std::string three(fraction.substr(1, 3));
    three.resize(3, '0');
    millis = *number_of(three);
  }
  const auto part = [&](std::size_t at, std::size_t size) {
    return *number_of(text.substr(at, size));
  };
  using namespace std::chrono;
  const year_month_day date{year(part(0, 4)), month(static_cast<unsigned>(part(5, 2))),
                            day(static_cast<unsigned>(part(8, 2)))};
  const int hour = part(11, 2);
  const int minute = part(14, 2);
  const int second = part(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return Instant(sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) +
                 seconds(second) + Millis(millis));
}

std::string short_age(std::string_view text, Instant now) {
  const auto time = parse_time(text);
  return time ? short_duration(now - *time) : "-";
}

std::string short_wait(std::string_view text, Instant now) {
  const auto time = parse_time(text);
  return time ? short_duration(*time - now) : "-";
}

}  // namespace waymark::ctl
