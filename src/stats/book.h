// The histories of the proxy and of its upstreams, made from readings. Pure.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stats/counts.h"
#include "stats/point.h"
#include "stats/series.h"

namespace waymark::stats {

// What counts: a worker, or what a worker has of one upstream.
struct Source {
  std::size_t worker = 0;
  std::uint64_t incarnation = 0;  // of the upstream, in this worker; 0: the worker itself

  auto operator<=>(const Source&) const = default;
};

struct Count {
  Source source;
  // Its id; empty: the whole proxy. It is looked at when a source comes, and without one the source
  // waits for its next reading.
  std::optional<std::string> upstream;
  Counts counts;                  // since the source is there
  std::uint64_t connections = 0;  // now
};

// Sources may be missing in one, and are made up for by the next one that has them.
struct Reading {
  Moment now;  // `steady` counts from the process's start
  std::vector<Count> counts;
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

  // About once a second. Answers the minutes that have ended with it.
  std::vector<Minute> read(const Reading& reading);
  // The minute under way, as far as it has come.
  [[nodiscard]] std::vector<Minute> end();

  [[nodiscard]] const Series& total() const { return total_; }
  // Null if there is none of it.
  [[nodiscard]] const Series* upstream(const std::string& id) const;
  // Upstreams of the last reading without a history.
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  struct Known {
    std::string upstream;
    Counts counts;  // when it was read last
    std::uint64_t connections = 0;
    bool read = false;  // in this reading
  };
  struct Gain {
    Counts counts;
    std::uint64_t connections = 0;
  };

  // What each subject has gained, by its id.
  [[nodiscard]] std::map<std::string, Gain> gains_of(const Reading& reading);
  // Null if there is no room; some that is not `present` makes way.
  [[nodiscard]] Series* series_of(const std::string& id,
                                  const std::map<std::string, Gain>& present);
  [[nodiscard]] bool make_room(const std::map<std::string, Gain>& present);
  void forget_old(const Moment& now);

  std::map<Source, Known> sources_;
  Series total_;
  std::map<std::string, Series> upstreams_;
  std::size_t left_out_ = 0;
  bool begun_ = false;
  Moment last_read_;
  std::int64_t minute_ = 0;  // the one under way; Unix seconds of its begin
};

}  // namespace waymark::stats
