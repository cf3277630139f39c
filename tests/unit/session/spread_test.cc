#include "session/spread.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
namespace waymark::session {
namespace {

// Marks that differ in four bytes from `first` on.
Mark numbered(std::uint32_t number, std::size_t first = 12) {
  std::array<std::uint8_t, Mark::kSize> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[first + i] = static_cast<std::uint8_t>(number >> 8 * i);
  return Mark(bytes);
}

TEST_CASE("a connection has the same place each time") {
  CHECK(place_of(numbered(1), 1000) == place_of(numbered(1), 1000));
  CHECK(place_of(numbered(1), 0) == 0);
  CHECK(place_of(numbered(1), 1) == 0);
}

TEST_CASE("places are spread evenly, whatever part of the marks differs") {
  for (const std::size_t first : {0, 6, 12}) {
    CAPTURE(first);
    std::array<int, 10> tenths{};
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      const std::uint64_t place = place_of(numbered(i, first), 1000);
      REQUIRE(place < 1000);
      ++tenths[place / 100];
    }
    CHECK(*std::min_element(tenths.begin(), tenths.end()) > 850);
    CHECK(*std::max_element(tenths.begin(), tenths.end()) < 1150);
  }
}

TEST_CASE("jitter stays within its share of the time, and uses all of it") {
  std::uint64_t least = ~std::uint64_t{0};
  std::uint64_t most = 0;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    const std::uint64_t time = with_jitter(numbered(i), 1000, 10);
    least = std::min(least, time);
    most = std::max(most, time);
  }
  CHECK(least >= 900);
  CHECK(least < 905);
  CHECK(most > 1095);
  CHECK(most <= 1100);
  CHECK(with_jitter(numbered(1), 1000, 0) == 1000);
}

}  // namespace
}  // namespace waymark::session
