#include "base/histogram.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "support/seed.h"

namespace waymark {
namespace {

constexpr double kQuantiles[] = {0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};

// The smallest recorded value at or below which the share `quantile` of `sorted` lies.
std::uint64_t exact_quantile(const std::vector<std::uint64_t>& sorted, double quantile) {
  const auto rank = static_cast<std::size_t>(std::ceil(quantile * double(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

void check_against_sorted(const Histogram& histogram, std::vector<std::uint64_t> values) {
  std::sort(values.begin(), values.end());
  REQUIRE(histogram.count() == values.size());
  CHECK(histogram.max() == values.back());
  for (const double quantile : kQuantiles) {
    const std::uint64_t exact = exact_quantile(values, quantile);
    const std::uint64_t answer = histogram.quantile(quantile);
    CAPTURE(quantile, exact, answer);
    CHECK(answer >= exact);
    CHECK(answer - exact <= exact / 64);
    CHECK(answer <= values.back());
  }
}

// As many values of each size in bits, up to `bits`.
std::uint64_t of_any_size(std::mt19937_64& random, unsigned bits) {
  return random() >> (63 - random() % bits);
}

TEST_CASE("an empty histogram answers zero") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.mean() == 0.0);
  CHECK(histogram.quantile(0.5) == 0);
}

TEST_CASE("values below 64 are exact") {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 64; ++value) histogram.record(value);
  for (std::uint64_t rank = 1; rank <= 64; ++rank) {
    CHECK(histogram.quantile(double(rank) / 64) == rank - 1);
  }
  CHECK(histogram.mean() == 31.5);
}

TEST_CASE("every edge of a bucket keeps the bound") {
  for (unsigned bits = 0; bits < 40; ++bits) {
    for (const std::int64_t step : {-1, 0, 1}) {
      const std::uint64_t value = (std::uint64_t{1} << bits) + static_cast<std::uint64_t>(step);
      Histogram histogram;
      histogram.record(value);
      histogram.record(std::uint64_t{1} << 40);  // so that the maximum does not hide the bucket
      CAPTURE(value);
      CHECK(histogram.quantile(0.5) >= value);
      CHECK(histogram.quantile(0.5) - value <= value / 64);
    }
  }
}

TEST_CASE("quantiles are never below the exact ones and at most 1/64 above") {
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 40; ++round) {
    Histogram histogram;
    std::vector<std::uint64_t> values(1 + random() % 3000);
    for (auto& value : values) {
      value = of_any_size(random, 40);
      histogram.record(value);
    }
    check_against_sorted(histogram, values);
  }
}

TEST_CASE("a merge is the histogram of both") {
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Histogram parts[3];
  Histogram whole;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 5000; ++i) {
    values.push_back(of_any_size(random, 30));
    parts[random() % 3].record(values.back());
    whole.record(values.back());
  }
  Histogram merged;
  for (const Histogram& part : parts) merged.merge(part);
  check_against_sorted(merged, values);
  CHECK(merged.mean() == whole.mean());
  for (const double quantile : kQuantiles) {
    CHECK(merged.quantile(quantile) == whole.quantile(quantile));
  }
}

TEST_CASE("a value beyond the range lands in the last bucket") {
  Histogram histogram;
  histogram.record(~std::uint64_t{0});
  histogram.record(1);
  CHECK(histogram.count() == 2);
  CHECK(histogram.max() == ~std::uint64_t{0});
  CHECK(histogram.quantile(0.5) == 1);
  CHECK(histogram.quantile(1) >= std::uint64_t{1} << 40);
}

TEST_CASE("a quantile outside 0..1 is the nearest inside") {
  Histogram histogram;
  histogram.record(3);
  histogram.record(9);
  CHECK(histogram.quantile(-1) == 3);
  CHECK(histogram.quantile(2) == 9);
}

}  // namespace
}  // namespace waymark
