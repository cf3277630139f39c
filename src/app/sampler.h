// Lets a few things a second be told, and counts the others.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace waymark::app {

// Thread-safe.
class Sampler {
 public:
  explicit Sampler(int a_second = 1) : a_second_(a_second) {}

  // `amount` of them have happened at once. nullopt: not to be told; else how many were not since
  // the last time.
  [[nodiscard]] std::optional<std::uint64_t> admit(std::uint64_t amount = 1) {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      told_ = 0;
    }
    if (++told_ <= a_second_) return std::exchange(untold_, 0);
    untold_ += amount;
    return std::nullopt;
  }

 private:
  const int a_second_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point second_;  // guarded by mutex_, as those below
  int told_ = 0;                                  // in this second
  std::uint64_t untold_ = 0;
};

}  // namespace waymark::app
