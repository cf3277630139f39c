// A rate with a burst: tokens come at a steady pace, and no more than a burst of them is kept.
// Pure: time is an argument, in milliseconds of a steady clock.
#pragma once

#include <algorithm>
#include <cstdint>

namespace waymark {

// Full at the start. What it may give is an argument too, so that a change of it needs no bucket
// to be told.
class TokenBucket {
 public:
  struct Rate {
    std::uint64_t per_second = 0;  // at least 1, at most 2^40
    std::uint64_t burst = 0;       // likewise
  };

  // Whole tokens there are.
  [[nodiscard]] std::uint64_t tokens(const Rate& rate, std::uint64_t now) {
    fill(rate, now);
    const std::uint64_t full = rate.burst * kParts;
    return missing_ < full ? (full - missing_) / kParts : 0;
  }

  // Takes tokens, also more than there are: those are owed, and come before any that can be taken.
  void take(std::uint64_t count) { missing_ += count * kParts; }

  // Milliseconds until there is a token; 0: there is one.
  [[nodiscard]] std::uint64_t wait(const Rate& rate, std::uint64_t now) {
    fill(rate, now);
    const std::uint64_t enough = (rate.burst - 1) * kParts;
    if (missing_ <= enough) return 0;
    return (missing_ - enough + rate.per_second - 1) / rate.per_second;
  }

 private:
  static constexpr std::uint64_t kParts = 1000;  // of a token: what one a second brings in 1 ms

  void fill(const Rate& rate, std::uint64_t now) {
    const std::uint64_t passed = now - std::min(now, at_);
    at_ = std::max(now, at_);
    // A long time brings more than can be counted.
    missing_ = passed > missing_ / rate.per_second ? 0 : missing_ - passed * rate.per_second;
  }

  std::uint64_t missing_ = 0;  // parts, of a full bucket; beyond a burst they are owed
  std::uint64_t at_ = 0;
};

}  // namespace waymark
