// When to look at which connection that is to leave. Pure: time is an argument, in milliseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "waymark/mark.h"

namespace waymark::proxy {

struct Departure {
  std::uint64_t due = 0;
  Mark mark;
};

class Departures {
 public:
  void add(const Departure& departure) { queue_.push(departure); }

  // The one that is due first, if its time has come; it is not among them any more.
  [[nodiscard]] std::optional<Departure> take(std::uint64_t now) {
    if (queue_.empty() || queue_.top().due > now) return std::nullopt;
    const Departure first = queue_.top();
    queue_.pop();
    return first;
  }

  [[nodiscard]] std::size_t size() const { return queue_.size(); }

 private:
  struct Later {
    bool operator()(const Departure& a, const Departure& b) const { return a.due > b.due; }
  };
  std::priority_queue<Departure, std::vector<Departure>, Later> queue_;
};

}  // namespace waymark::proxy
