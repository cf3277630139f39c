#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace waymark {

// Bucket b of group g (g >= 1) holds values [2^(kSubBits+g-1) + b * 2^(g-1), next): 64 steps a
// power of two. Group 0 holds 0..63 exactly.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  value = std::min(value, std::uint64_t{1} << kMaxBits);
  constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  if (value < kSub) return static_cast<std::size_t>(value);
  const unsigned group = static_cast<unsigned>(std::bit_width(value)) - kSubBits;
  const std::uint64_t sub = (value >> (group - 1)) - kSub;
  return static_cast<std::size_t>(group * kSub + sub);
}

std::uint64_t Histogram::upper_bound_of(std::size_t bucket) {
  constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  const std::uint64_t group = bucket / kSub;
  const std::uint64_t sub = bucket % kSub;
  if (group == 0) return sub;
  return ((kSub + sub + 1) << (group - 1)) - 1;
}

void Histogram::record(std::uint64_t value) {
  ++buckets_[bucket_of(value)];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

double Histogram::mean() const {
  return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

std::uint64_t Histogram::quantile(double quantile) const {
  if (count_ == 0) return 0;
  const double wanted = std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_);
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(wanted)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(upper_bound_of(i), max_);
  }
  return max_;
}

}  // namespace waymark
