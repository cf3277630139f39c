// The upstreams of one pool that can take connections now, in configured order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace waymark::route {

// A plain value: whether an upstream is ready is told from outside.
class ReadySet {
 public:
  void add(std::size_t upstream) {
    const auto at = std::lower_bound(ready_.begin(), ready_.end(), upstream);
    if (at == ready_.end() || *at != upstream) ready_.insert(at, upstream);
  }
  void remove(std::size_t upstream) { std::erase(ready_, upstream); }

  [[nodiscard]] std::span<const std::size_t> upstreams() const { return ready_; }
  [[nodiscard]] bool empty() const { return ready_.empty(); }

 private:
  std::vector<std::size_t> ready_;  // ascending
};

}  // namespace waymark::route
