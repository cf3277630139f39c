#include "stats/book.h"

namespace waymark::stats {
namespace {

constexpr std::int64_t kDay = static_cast<std::int64_t>(kMinutes) * kSecondsInMinute;

std::int64_t minute_of(std::int64_t at) { return at - at % kSecondsInMinute; }

}  // namespace

void Book::remember(const std::vector<Minute>& minutes, std::int64_t now) {
  for (const auto& [upstream, point] : minutes) {
    if (point.at <= now - kDay || point.at > now) continue;
    Series* const series = upstream.empty() ? &total_ : series_of(upstream, {});
    if (series != nullptr) series->add_minute(point);
  }
}

std::vector<Minute> Book::read(const Reading& reading) {
  std::vector<Minute> ended;
  const std::int64_t minute = minute_of(reading.now.at);
  if (begun_ && minute != minute_) ended = end();
  minute_ = minute;
  if (!ended.empty()) forget_old(reading.now.at);
  total_.read(last_read_, reading.now, reading.total.counts, reading.total.connections);
  left_out_ = 0;
  for (const auto& [id, subject] : reading.upstreams) {
    Series* const series = series_of(id, reading.upstreams);
    if (series == nullptr) {
      ++left_out_;
      continue;
    }
    series->read(last_read_, reading.now, subject.counts, subject.connections);
  }
  begun_ = true;
  last_read_ = reading.now;
  return ended;
}

std::vector<Minute> Book::end() {
  std::vector<Minute> all;
  if (const auto point = total_.end_minute(minute_)) all.push_back({"", *point});
  for (auto& [id, series] : upstreams_) {
    if (const auto point = series.end_minute(minute_)) all.push_back({id, *point});
  }
  return all;
}

const Series* Book::upstream(const std::string& id) const {
  const auto found = upstreams_.find(id);
  return found == upstreams_.end() ? nullptr : &found->second;
}

Series* Book::series_of(const std::string& id, const std::map<std::string, Subject>& present) {
  const auto found = upstreams_.find(id);
  if (found != upstreams_.end()) return &found->second;
  if (upstreams_.size() >= kMostUpstreams && !make_room(present)) return nullptr;
  return &upstreams_[id];
}

// In place of what has been gone for the longest.
bool Book::make_room(const std::map<std::string, Subject>& present) {
  auto longest_gone = upstreams_.end();
  for (auto each = upstreams_.begin(); each != upstreams_.end(); ++each) {
    if (present.contains(each->first)) continue;
    const bool is_older = longest_gone == upstreams_.end() ||
                          each->second.last_read() < longest_gone->second.last_read();
    if (is_older) longest_gone = each;
  }
  if (longest_gone == upstreams_.end()) return false;
  upstreams_.erase(longest_gone);
  return true;
}

// Those that are no more, once nothing of the last day is left of them.
void Book::forget_old(std::int64_t now) {
  std::erase_if(upstreams_, [now](const auto& each) {
    const auto& minutes = each.second.minutes();
    return minutes.empty() || minutes.back().at <= now - kDay;
  });
}

}  // namespace waymark::stats
