// The history of one subject, an upstream or the whole proxy: 15 minutes by the second, a day by
// the minute. Pure, and finite.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "stats/counts.h"
#include "stats/point.h"

namespace waymark::stats {

inline constexpr std::size_t kSeconds = 15 * 60;  // points that are kept of each kind
inline constexpr std::size_t kMinutes = 24 * 60;
inline constexpr std::int64_t kSecondsInMinute = 60;

// When a reading was taken. `at` may be set back by whoever sets the clock; `steady` never falls.
struct Moment {
  std::int64_t at = 0;  // Unix seconds
  std::chrono::milliseconds steady{0};
};

class Series {
 public:
  // What was counted between two readings, one after the other.
  void read(const Moment& before, const Moment& now, const Counts& gained,
            std::uint64_t connections);
  // The minute that is under way is over, and answered with what was there of it already, as before
  // a restart; nothing if nothing was read in it.
  [[nodiscard]] std::optional<Point> end_minute(std::int64_t begin);
  // One of an earlier run. To be called in their order.
  void add_minute(const Point& minute);

  // Since counting began.
  [[nodiscard]] const Counts& total() const { return total_; }
  // Of the last minute.
  [[nodiscard]] Counts last_minute() const;
  [[nodiscard]] const std::deque<Point>& seconds() const { return seconds_; }  // the oldest first
  [[nodiscard]] const std::deque<Point>& minutes() const { return minutes_; }
  [[nodiscard]] std::uint64_t connections() const { return connections_; }
  // Of the latest reading; 0 without any.
  [[nodiscard]] std::chrono::milliseconds last_read() const { return last_read_; }

  // A second, of the points of the last `seconds` seconds.
  using Field = std::uint64_t Point::*;
  [[nodiscard]] double rate(Field field, std::size_t seconds) const;
  [[nodiscard]] double error_rate(std::size_t seconds) const;

 private:
  struct Recent {
    std::chrono::milliseconds at;
    Counts total;
  };
  template <typename Of>
  [[nodiscard]] double rate_of(Of of, std::size_t seconds) const;

  std::chrono::milliseconds last_read_{0};
  std::uint64_t connections_ = 0;
  Counts total_;
  std::deque<Recent> recent_;  // of the last minute and one before
  Counts minute_;              // under way
  std::uint64_t minute_millis_ = 0;
  std::deque<Point> seconds_;
  std::deque<Point> minutes_;
};

}  // namespace waymark::stats
