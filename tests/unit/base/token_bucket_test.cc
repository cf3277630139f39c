#include "base/token_bucket.h"

#include <catch2/catch.hpp>
#include <random>

#include "support/seed.h"

namespace waymark {
namespace {

constexpr std::uint64_t kStart = 1'000'000;

TEST_CASE("a bucket is full at the start, and after any long time") {
  TokenBucket bucket;
  const TokenBucket::Rate rate{.per_second = 10, .burst = 3};
  CHECK(bucket.tokens(rate, kStart) == 3);
  bucket.take(3);
  CHECK(bucket.tokens(rate, kStart) == 0);
  CHECK(bucket.tokens(rate, kStart + 1'000'000'000) == 3);
  bucket.take(3);
  CHECK(bucket.tokens(rate, ~std::uint64_t{0}) == 3);
}

TEST_CASE("tokens come at the rate, and the wait for one is exact") {
  TokenBucket bucket;
  const TokenBucket::Rate rate{.per_second = 4, .burst = 2};
  CHECK(bucket.wait(rate, kStart) == 0);
  bucket.take(2);
  CHECK(bucket.wait(rate, kStart) == 250);
  CHECK(bucket.tokens(rate, kStart + 249) == 0);
  CHECK(bucket.wait(rate, kStart + 249) == 1);
  CHECK(bucket.tokens(rate, kStart + 250) == 1);
  CHECK(bucket.wait(rate, kStart + 250) == 0);
  CHECK(bucket.tokens(rate, kStart + 499) == 1);
  CHECK(bucket.tokens(rate, kStart + 500) == 2);
}

TEST_CASE("what was taken beyond the tokens is owed first") {
  TokenBucket bucket;
  const TokenBucket::Rate rate{.per_second = 10, .burst = 10};
  CHECK(bucket.tokens(rate, kStart) == 10);
  bucket.take(25);
  CHECK(bucket.wait(rate, kStart) == 1600);
  CHECK(bucket.tokens(rate, kStart + 1599) == 0);
  CHECK(bucket.tokens(rate, kStart + 1600) == 1);
}

TEST_CASE("a clock that stands still or goes back brings nothing") {
  TokenBucket bucket;
  const TokenBucket::Rate rate{.per_second = 1000, .burst = 1};
  CHECK(bucket.tokens(rate, kStart) == 1);
  bucket.take(1);
  CHECK(bucket.tokens(rate, kStart - 500) == 0);
  CHECK(bucket.tokens(rate, kStart) == 0);
  CHECK(bucket.tokens(rate, kStart + 1) == 1);
}

TEST_CASE("a changed rate holds from then on") {
  TokenBucket bucket;
  CHECK(bucket.tokens({.per_second = 1, .burst = 100}, kStart) == 100);
  bucket.take(50);
  CHECK(bucket.tokens({.per_second = 1, .burst = 20}, kStart) == 0);
  CHECK(bucket.tokens({.per_second = 100, .burst = 20}, kStart + 1000) == 20);
}

TEST_CASE("however it is asked, it gives the burst and the rate and no more") {
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    const TokenBucket::Rate rate{.per_second = 1 + random() % 5000, .burst = 1 + random() % 5000};
    TokenBucket bucket;
    std::uint64_t now = kStart;
    std::uint64_t given = 0;
    for (int step = 0; step < 300; ++step) {
      now += random() % 20;
      const std::uint64_t there = bucket.tokens(rate, now);
      REQUIRE(there <= rate.burst);
      const std::uint64_t taken = there == 0 ? 0 : random() % (there + 1);
      bucket.take(taken);
      given += taken;
    }
    CHECK(given <= rate.burst + rate.per_second * (now - kStart) / 1000);
    bucket.take(bucket.tokens(rate, now));
    const std::uint64_t wait = bucket.wait(rate, now);
    CHECK(bucket.tokens(rate, now + wait - 1) == 0);
    CHECK(bucket.tokens(rate, now + wait) >= 1);
  }
}

}  // namespace
}  // namespace waymark
