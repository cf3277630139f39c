#include "proxy/source_rates.h"

#include <catch2/catch.hpp>

namespace waymark::proxy {
namespace {

constexpr std::uint64_t kNow = 6'000'000;

SourceRates::Key source(std::uint32_t number) {
  SourceRates::Key key{};
  for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return key;
}

TEST_CASE("the connections of a minute may come at once, then one after the other") {
  SourceRates rates;
  for (int i = 0; i < 6; ++i) CHECK(rates.take(source(1), 6, kNow));
  CHECK_FALSE(rates.take(source(1), 6, kNow));
  CHECK_FALSE(rates.take(source(1), 6, kNow + 9'900));
  CHECK(rates.take(source(1), 6, kNow + 10'020));
  CHECK_FALSE(rates.take(source(1), 6, kNow + 10'020));
}

TEST_CASE("who is refused is not held back for it") {
  SourceRates rates;
  CHECK(rates.take(source(1), 1, kNow));
  for (std::uint64_t i = 0; i < 50; ++i) CHECK_FALSE(rates.take(source(1), 1, kNow + 1'000 * i));
  CHECK(rates.take(source(1), 1, kNow + 60'060));
}

TEST_CASE("each source has its own") {
  SourceRates rates;
  CHECK(rates.take(source(1), 1, kNow));
  CHECK(rates.take(source(2), 1, kNow));
  CHECK_FALSE(rates.take(source(1), 1, kNow));
  CHECK(rates.sources() == 2);
}

TEST_CASE("sources are forgotten once they may open all again, and only so many are known") {
  SourceRates rates;
  constexpr auto kMost = static_cast<std::uint32_t>(SourceRates::kMostSources);
  for (std::uint32_t i = 0; i < kMost; ++i) CHECK(rates.take(source(i), 1, kNow));
  CHECK(rates.take(source(kMost), 1, kNow));
  CHECK(rates.take(source(kMost), 1, kNow));
  CHECK(rates.sources() == kMost);
  CHECK_FALSE(rates.take(source(0), 1, kNow + 30'000));
  CHECK(rates.take(source(kMost), 1, kNow + 60'060));
  CHECK(rates.sources() == 1);
  CHECK_FALSE(rates.take(source(kMost), 1, kNow + 60'060));
}

}  // namespace
}  // namespace waymark::proxy
