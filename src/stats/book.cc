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
  if (begun_ && minute != minute_) {
    ended = end();
    forget_old(reading.now);
  }
  begun_ = true;
  minute_ = minute;
  left_out_ = 0;
  const std::map<std::string, Gain> gains = gains_of(reading);
  for (const auto& [id, gain] : gains) {
    Series* const series = id.empty() ? &total_ : series_of(id, gains);
    if (series == nullptr) {
      ++left_out_;
      continue;
    }
    series->read(last_read_, reading.now, gain.counts, gain.connections);
  }
  last_read_ = reading.now;
  return ended;
}

std::map<std::string, Book::Gain> Book::gains_of(const Reading& reading) {
  std::map<std::string, Gain> gains;
  for (auto& [source, known] : sources_) known.read = false;
  for (const Count& count : reading.counts) {
    auto found = sources_.find(count.source);
    if (found == sources_.end()) {
      if (!count.upstream) continue;
      found = sources_.emplace(count.source, Known{.upstream = *count.upstream}).first;
    }
    Known& known = found->second;
    Gain& gain = gains[known.upstream];
    gain.counts.add(count.counts.since(known.counts));
    gain.connections += count.connections;
    known.counts = count.counts;
    known.connections = count.connections;
    known.read = true;
  }
  // A worker that does not answer has its connections still; what it has of upstreams is gone with
  // an answer that does not name it.
  std::erase_if(sources_, [&](const auto& each) {
    const auto& [source, known] = each;
    if (known.read) return false;
    const auto worker = sources_.find({source.worker, 0});
    const bool is_silent = worker != sources_.end() && !worker->second.read;
    if (is_silent) gains[known.upstream].connections += known.connections;
    return !is_silent;
  });
  return gains;
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

Series* Book::series_of(const std::string& id, const std::map<std::string, Gain>& present) {
  const auto found = upstreams_.find(id);
  if (found != upstreams_.end()) return &found->second;
  if (upstreams_.size() >= kMostUpstreams && !make_room(present)) return nullptr;
  return &upstreams_[id];
}

// In place of what has been gone for the longest.
bool Book::make_room(const std::map<std::string, Gain>& present) {
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

// Those that are no more, once nothing of the last day is left of them; whatever the clock was set
// to meanwhile, not those that have just been read.
void Book::forget_old(const Moment& now) {
  std::erase_if(upstreams_, [&](const auto& each) {
    const Series& series = each.second;
    if (begun_ && series.last_read() == last_read_.steady) return false;
    return series.minutes().empty() || series.minutes().back().at <= now.at - kDay;
  });
}

}  // namespace waymark::stats
