// Says that a thread still makes its rounds.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

namespace waymark::proxy {

// One thread beats, any thread looks.
class Heartbeat {
 public:
  using Clock = std::chrono::steady_clock;

  void beat(Clock::time_point now) { last_ = now.time_since_epoch().count(); }
  // None will follow, and none is missed.
  void end() { last_ = kEnded; }

  // Since the last beat; zero before the first one and after the end.
  [[nodiscard]] Clock::duration silence(Clock::time_point now) const {
    const Clock::rep last = last_;
    if (last == kNotYet || last == kEnded) return Clock::duration::zero();
    return std::max(now.time_since_epoch() - Clock::duration(last), Clock::duration::zero());
  }

 private:
  static constexpr Clock::rep kNotYet = 0;
  static constexpr Clock::rep kEnded = -1;

  std::atomic<Clock::rep> last_{kNotYet};
};

}  // namespace waymark::proxy
