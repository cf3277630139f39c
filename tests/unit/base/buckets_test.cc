#include "base/buckets.h"

#include <catch2/catch.hpp>

namespace {

using Counts = std::array<std::uint64_t, 4>;
using Some = waymark::Buckets<0, 10, 100>;

TEST_CASE("a value falls below the first bound that it does not pass") {
  const auto [value, expected] =
      GENERATE(table<std::uint64_t, Counts>({{0, {1, 0, 0, 0}},
                                             {1, {0, 1, 0, 0}},
                                             {10, {0, 1, 0, 0}},
                                             {11, {0, 0, 1, 0}},
                                             {100, {0, 0, 1, 0}},
                                             {101, {0, 0, 0, 1}},
                                             {~std::uint64_t{0}, {0, 0, 0, 1}}}));
  Some values;
  values.observe(value);
  CHECK(values.counts() == expected);
  CHECK(values.sum() == value);
}

TEST_CASE("buckets are added up") {
  Some one;
  one.observe(5);
  one.observe(500);
  Some other;
  other.observe(5);
  other.observe(50);
  one.add(other);
  CHECK(one.counts() == Counts{0, 2, 1, 1});
  CHECK(one.sum() == 560);
}

TEST_CASE("buckets since a moment hold what came after it") {
  Some before;
  before.observe(5);
  Some now = before;
  now.observe(5);
  now.observe(50);
  CHECK(now.since(before).counts() == Counts{0, 1, 1, 0});
  CHECK(now.since(before).sum() == 55);
  CHECK(before.since(now).counts() == before.counts());  // begun anew
  CHECK(now.count() == 3);
}

TEST_CASE("a quantile lies in the bucket of its value") {
  Some values;
  CHECK(values.quantile(0.5) == 0);
  for (int i = 0; i < 50; ++i) values.observe(7);
  for (int i = 0; i < 50; ++i) values.observe(70);
  CHECK(values.quantile(0.25) == 5);  // half of the way to 10
  CHECK(values.quantile(0.5) == 10);
  CHECK(values.quantile(0.75) == 55);  // half of the way from 10 to 100
  CHECK(values.quantile(1) == 100);
  values.observe(5'000);
  CHECK(values.quantile(1) == 100);  // all that is known
}

}  // namespace
