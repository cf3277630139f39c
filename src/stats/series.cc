#include "stats/series.h"

#include <algorithm>

namespace waymark::stats {
namespace {

constexpr std::chrono::milliseconds kMinute{60'000};
constexpr double kMillisInSecond = 1'000;

// Steps that are later than this one are of a clock that was set back.
void put(std::deque<Point>& points, const Point& point, std::size_t most) {
  while (!points.empty() && points.back().at > point.at) points.pop_back();
  if (!points.empty() && points.back().at == point.at) {
    points.back() = joined(points.back(), point);
  } else {
    points.push_back(point);
  }
  if (points.size() > most) points.pop_front();
}

}  // namespace

void Series::read(const Moment& before, const Moment& now, const Counts& gained,
                  std::uint64_t connections) {
  const auto millis = static_cast<std::uint64_t>((now.steady - before.steady).count());
  if (recent_.empty()) recent_.push_back({before.steady, total_});
  total_.add(gained);
  recent_.push_back({now.steady, total_});
  while (recent_.size() > 1 && now.steady - recent_[1].at >= kMinute) recent_.pop_front();
  connections_ = connections;
  last_read_ = now.steady;
  minute_.add(gained);
  minute_millis_ += millis;
  if (millis > 0) put(seconds_, point_of(now.at, millis, gained, connections), kSeconds);
}

std::optional<Point> Series::end_minute(std::int64_t begin) {
  if (minute_millis_ == 0) return std::nullopt;
  add_minute(point_of(begin, minute_millis_, minute_, connections_));
  minute_ = {};
  minute_millis_ = 0;
  return minutes_.back();
}

void Series::add_minute(const Point& minute) { put(minutes_, minute, kMinutes); }

Counts Series::last_minute() const {
  return recent_.empty() ? Counts() : total_.since(recent_.front().total);
}

template <typename Of>
double Series::rate_of(Of of, std::size_t seconds) const {
  std::uint64_t count = 0;
  std::uint64_t millis = 0;
  const auto enough = static_cast<double>(seconds) * kMillisInSecond;
  for (auto point = seconds_.rbegin(); point != seconds_.rend(); ++point) {
    const bool is_enough = static_cast<double>(millis + point->millis / 2) > enough;
    if (millis > 0 && is_enough) break;
    count += of(*point);
    millis += point->millis;
  }
  return millis == 0 ? 0.0
                     : static_cast<double>(count) * kMillisInSecond / static_cast<double>(millis);
}

double Series::rate(Field field, std::size_t seconds) const {
  return rate_of([field](const Point& point) { return point.*field; }, seconds);
}

double Series::error_rate(std::size_t seconds) const {
  return rate_of([](const Point& point) { return point.errors(); }, seconds);
}

}  // namespace waymark::stats
