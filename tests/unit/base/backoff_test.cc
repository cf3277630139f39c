#include "base/backoff.h"

#include <catch2/catch.hpp>
#include <random>

#include "support/seed.h"

namespace waymark {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kMost = ~std::uint32_t{0};

TEST_CASE("a wait lies between half of its step and the whole, and steps double up to the cap") {
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    Backoff backoff(milliseconds(100), milliseconds(1000));
    for (const int step : {100, 200, 400, 800, 1000, 1000, 1000}) {
      const auto wait = backoff.next(static_cast<std::uint32_t>(random()));
      CHECK(wait >= milliseconds(step / 2));
      CHECK(wait <= milliseconds(step));
    }
  }
}

TEST_CASE("the jitter reaches both ends of its range") {
  Backoff shortest(milliseconds(100), milliseconds(1000));
  Backoff longest(milliseconds(100), milliseconds(1000));
  CHECK(shortest.next(0) == milliseconds(50));
  CHECK(longest.next(50) == milliseconds(100));
  CHECK(shortest.next(101) == milliseconds(100));
  CHECK(longest.next(100) == milliseconds(200));
}

TEST_CASE("a success starts again from the first step") {
  Backoff backoff(milliseconds(100), milliseconds(1000));
  for (int i = 0; i < 10; ++i) (void)backoff.next(kMost);
  backoff.reset();
  CHECK(backoff.next(50) == milliseconds(100));
}

TEST_CASE("the cap holds from the first wait, even below the initial step") {
  Backoff backoff(milliseconds(5000), milliseconds(1000));
  CHECK(backoff.next(500) == milliseconds(1000));
  backoff.reset();
  CHECK(backoff.next(kMost) <= milliseconds(1000));
}

TEST_CASE("tiny steps do not divide by zero") {
  Backoff none(milliseconds(0), milliseconds(0));
  CHECK(none.next(kMost) == milliseconds(0));
  Backoff one(milliseconds(1), milliseconds(1));
  CHECK(one.next(kMost) <= milliseconds(1));
}

}  // namespace
}  // namespace waymark
