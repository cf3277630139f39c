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

}  // namespace
