// A histogram with fixed bounds, cheap enough to be fed on the data path and small enough to be
// copied with every snapshot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace waymark {

// Counts of values by the first bound they do not pass; the last count is of those beyond all.
// The bounds rise. Not thread-safe: one per thread, copied or added up by others.
template <std::uint64_t... kBounds>
class Buckets {
 public:
  static constexpr std::array<std::uint64_t, sizeof...(kBounds)> kUpperBounds{kBounds...};

  void observe(std::uint64_t value) {
    std::size_t bucket = 0;
    while (bucket < kUpperBounds.size() && value > kUpperBounds[bucket]) ++bucket;
    ++counts_[bucket];
    sum_ += value;
  }
  void add(const Buckets& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    sum_ += other.sum_;
  }

  // Of each bucket alone, not of those below it too.
  [[nodiscard]] const std::array<std::uint64_t, sizeof...(kBounds) + 1>& counts() const {
    return counts_;
  }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  std::array<std::uint64_t, sizeof...(kBounds) + 1> counts_{};
  std::uint64_t sum_ = 0;
};

// Nanoseconds: 50 us to 30 s.
using TimeBuckets = Buckets<50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000,
                            10'000'000, 25'000'000, 50'000'000, 100'000'000, 250'000'000,
                            1'000'000'000, 5'000'000'000, 30'000'000'000>;

// Frames, of a batch.
using FrameBuckets = Buckets<0, 1, 4, 16, 64, 256, 1024>;

}  // namespace waymark
