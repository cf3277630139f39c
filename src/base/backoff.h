// How long to wait before the next try: doubling, capped, with jitter.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace waymark {

class Backoff {
 public:
  using Duration = std::chrono::milliseconds;

  Backoff(Duration initial, Duration max)
      : initial_(std::min(initial, max)), max_(max), next_(initial_) {}

  // The wait before the next try: between half of the current step and the whole of it. `random`
  // is any 32 random bits.
  [[nodiscard]] Duration next(std::uint32_t random) {
    const Duration step = next_;
    next_ = std::min(max_, next_ * 2);
    const auto half = step.count() / 2;
    return Duration(half + static_cast<std::int64_t>(
                               random % static_cast<std::uint32_t>(step.count() - half + 1)));
  }

  // A try succeeded: the next failure starts from the initial step again.
  void reset() { next_ = initial_; }

 private:
  Duration initial_;
  Duration max_;
  Duration next_;
};

}  // namespace waymark
