// A histogram with fixed bounds, cheap enough to be fed on the data path and small enough to be
// copied with every snapshot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

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

  // What was observed since this was `before`; all of it if counting has begun anew meanwhile.
  [[nodiscard]] Buckets since(const Buckets& before) const {
    Buckets out = *this;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] < before.counts_[i]) return *this;
      out.counts_[i] -= before.counts_[i];
    }
    out.sum_ -= before.sum_;
    return out;
  }

  [[nodiscard]] std::uint64_t count() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
  }
  // The value that `share` (0 to 1) of the observed ones do not pass, as if those of a bucket were
  // spread evenly in it; beyond all bounds the last bound is all that is known. 0 without any.
  [[nodiscard]] std::uint64_t quantile(double share) const {
    double wanted = static_cast<double>(count()) * share;
    std::uint64_t low = 0;
    for (std::size_t i = 0; i < kUpperBounds.size(); ++i) {
      const auto here = static_cast<double>(counts_[i]);
      if (here > 0 && wanted <= here) {
        const auto width = static_cast<double>(kUpperBounds[i] - low);
        return low + static_cast<std::uint64_t>(width * wanted / here);
      }
      wanted -= here;
      low = kUpperBounds[i];
    }
    return count() == 0 ? 0 : low;
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
