#include "proxy/departures.h"

#include <catch2/catch.hpp>

namespace waymark::proxy {
namespace {

const Mark kOne = *Mark::parse("00000000-0000-4000-8000-000000000001");
const Mark kTwo = *Mark::parse("00000000-0000-4000-8000-000000000002");

TEST_CASE("each leaves when its time has come, the earliest first") {
  Departures departures;
  CHECK_FALSE(departures.take(~std::uint64_t{0}));
  departures.add({.due = 20, .mark = kOne});
  departures.add({.due = 10, .mark = kTwo});
  CHECK(departures.size() == 2);
  CHECK_FALSE(departures.take(9));
  const auto first = departures.take(30);
  REQUIRE(first);
  CHECK(first->mark == kTwo);
  CHECK_FALSE(departures.take(19));
  const auto second = departures.take(20);
  REQUIRE(second);
  CHECK(second->mark == kOne);
  CHECK(departures.size() == 0);
}

}  // namespace
}  // namespace waymark::proxy
