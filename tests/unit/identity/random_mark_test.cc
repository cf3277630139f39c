#include "identity/random_mark.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <unordered_set>
#include <vector>

namespace waymark::identity {
namespace {

constexpr int kMany = 100'000;

TEST_CASE("marks are UUIDs of version 4 and of the RFC's variant") {
  RandomMarks marks;
  for (int i = 0; i < 1'000; ++i) {
    const std::string text = marks.next().to_string();
    REQUIRE(text[14] == '4');
    REQUIRE(std::string("89ab").find(text[19]) != std::string::npos);
  }
}

TEST_CASE("no mark comes twice, across refills and generators") {
  RandomMarks one;
  RandomMarks other;
  std::unordered_set<Mark> seen;
  for (int i = 0; i < kMany / 2; ++i) {
    seen.insert(one.next());
    seen.insert(other.next());
  }
  CHECK(seen.size() == kMany);
}

TEST_CASE("every bit that is not fixed takes both values about equally often") {
  RandomMarks marks;
  std::array<int, 8 * Mark::kSize> ones{};
  for (int i = 0; i < kMany; ++i) {
    const Mark mark = marks.next();
    for (std::size_t bit = 0; bit < ones.size(); ++bit) {
      ones[bit] += mark.bytes()[bit / 8] >> (7 - bit % 8) & 1;
    }
  }
  for (std::size_t bit = 0; bit < ones.size(); ++bit) {
    CAPTURE(bit);
    const bool version = bit >= 48 && bit < 52;
    const bool variant = bit == 64 || bit == 65;
    if (version || variant) {
      CHECK(ones[bit] == (bit == 49 || bit == 64 ? kMany : 0));
    } else {
      CHECK(ones[bit] > kMany / 2 - 1'500);  // more than nine standard deviations
      CHECK(ones[bit] < kMany / 2 + 1'500);
    }
  }
}

TEST_CASE("fills exactly the bytes it was asked for") {
  const auto size = GENERATE(0U, 1U, 16U, 255U, 257U, 70'000U);
  CAPTURE(size);
  std::vector<std::uint8_t> bytes(size + 2, 0);
  std::vector<bool> touched(size + 2, false);
  for (int round = 0; round < 12; ++round) {  // a byte stays 0 twelve times once in 2^96
    fill_random(bytes.data() + 1, size);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] != 0) touched[i] = true;
    }
  }
  CHECK_FALSE(touched.front());
  CHECK_FALSE(touched.back());
  for (std::size_t i = 1; i <= size; ++i) REQUIRE(touched[i]);
}

}  // namespace
}  // namespace waymark::identity
