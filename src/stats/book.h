// The histories of the proxy and of its upstreams, made from readings. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "stats/counts.h"
#include "stats/point.h"
#include "stats/series.h"

namespace waymark::stats {

// Of one upstream or of all together.
struct Subject {
  Counts counts;
  std::uint64_t connections = 0;  // now
};

struct Reading {
  Moment now;
  Subject total;
  std::map<std::string, Subject> upstreams;  // by id
};

// A minute as it is written down.
struct Minute {
  std::string upstream;  // its id; empty: the whole proxy
  Point point;

  bool operator==(const Minute&) const = default;
};

class Book {
 public:
  // A history takes at most 300 KiB. Of more upstreams none is kept.
  static constexpr std::size_t kMostUpstreams = 64;

  // Minutes of earlier runs, the oldest first; those that are a day old at `now`, or still to come,
  // are not taken.
  void remember(const std::vector<Minute>& minutes, std::int64_t now);

  // What was read, about once a second; `steady` counts from the process's start. Answers the
  // minutes that have ended with it.
  std::vector<Minute> read(const Reading& reading);
  // The minute under way, as far as it has come.
  [[nodiscard]] std::vector<Minute> end();

  [[nodiscard]] const Series& total() const { return total_; }
  // Null if there is none of it.
  [[nodiscard]] const Series* upstream(const std::string& id) const;
  // Upstreams of the last reading without a history.
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  // Null if there is no room; some that is not `present` makes way.
  [[nodiscard]] Series* series_of(const std::string& id,
                                  const std::map<std::string, Subject>& present);
  [[nodiscard]] bool make_room(const std::map<std::string, Subject>& present);
  void forget_old(std::int64_t now);

  Series total_;
  std::map<std::string, Series> upstreams_;
  std::size_t left_out_ = 0;
  bool begun_ = false;
  Moment last_read_;
  std::int64_t minute_ = 0;  // the one under way; Unix seconds of its begin
};

}  // namespace waymark::stats
