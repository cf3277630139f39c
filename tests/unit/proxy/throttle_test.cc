#include "proxy/throttle.h"

#include <catch2/catch.hpp>

namespace waymark::proxy {
namespace {

using Limit = Throttle::Limit;
constexpr std::uint64_t kNow = 1'000'000;

TEST_CASE("without rates a client is read as it sends") {
  Throttle throttle;
  throttle.took({}, 1'000'000'000, 1'000'000'000);
  CHECK(throttle.reached({}, kNow) == Limit::none);
  CHECK(throttle.credit({}, kNow) > 1'000'000'000);
}

TEST_CASE("the bytes of a second may come at once, then as many a second") {
  Throttle throttle;
  const Throttle::Rates rates{.bytes = 4000};
  CHECK(throttle.credit(rates, kNow) == 4000);
  throttle.took(rates, 4000, 1);
  CHECK(throttle.reached(rates, kNow) == Limit::bytes);
  CHECK(throttle.reached(rates, kNow + 100) == Limit::none);
  CHECK(throttle.credit(rates, kNow + 100) == 400);
  CHECK(throttle.credit(rates, kNow + 5000) == 4000);
}

TEST_CASE("frames beyond the rate are waited for, also those that one read brought") {
  Throttle throttle;
  const Throttle::Rates rates{.frames = 10};
  CHECK(throttle.reached(rates, kNow) == Limit::none);
  throttle.took(rates, 300, 25);
  CHECK(throttle.reached(rates, kNow) == Limit::frames);
  CHECK(throttle.reached(rates, kNow + 1599) == Limit::frames);
  CHECK(throttle.reached(rates, kNow + 1600) == Limit::none);
}

TEST_CASE("a read is as large as the frames that are allowed have been") {
  Throttle throttle;
  const Throttle::Rates rates{.frames = 100};
  CHECK(throttle.credit(rates, kNow) == 400);
  throttle.took(rates, 196, 98);
  CHECK(throttle.credit(rates, kNow) == 26);
  throttle.took(rates, 800, 1);
  CHECK(throttle.credit(rates, kNow) == 210);
}

TEST_CASE("frames that are smaller than before are owed for some seconds only") {
  Throttle throttle;
  const Throttle::Rates rates{.frames = 5};
  for (std::uint64_t i = 0; i < 50; ++i) throttle.took(rates, 100'000, 1);
  const std::uint64_t later = kNow + 60'000;
  const std::size_t credit = throttle.credit(rates, later);
  CHECK(credit == 20);
  throttle.took(rates, credit, credit);
  CHECK(throttle.reached(rates, later + 4'000) == Limit::none);
}

TEST_CASE("where each read is a frame it may be of any size") {
  Throttle throttle;
  const Throttle::Rates rates{.frames = 1};
  CHECK(throttle.reached(rates, kNow) == Limit::none);
  CHECK(throttle.credit(rates, kNow, true) > 1'000'000);
  throttle.took(rates, 65'536, 1);
  CHECK(throttle.reached(rates, kNow) == Limit::frames);
}

TEST_CASE("a large frame comes in ever larger reads") {
  Throttle throttle;
  const Throttle::Rates rates{.frames = 1};
  CHECK(throttle.credit(rates, kNow) == 16);
  int reads = 0;
  for (std::uint64_t read = 0; read < 100'000; ++reads) {
    const std::size_t credit = throttle.credit(rates, kNow);
    throttle.took(rates, credit, 0);
    read += credit;
  }
  CHECK(reads < 17);
  CHECK(throttle.reached(rates, kNow) == Limit::none);
}

TEST_CASE("the lower limit of both holds") {
  Throttle throttle;
  CHECK(throttle.credit({.bytes = 100, .frames = 1000}, kNow) == 100);
}

TEST_CASE("either limit is enough to wait") {
  Throttle throttle;
  const Throttle::Rates rates{.bytes = 1000, .frames = 1000};
  CHECK(throttle.reached(rates, kNow) == Limit::none);
  throttle.took(rates, 10, 1000);
  CHECK(throttle.reached(rates, kNow) == Limit::frames);
  throttle.took(rates, 990, 0);
  CHECK(throttle.reached(rates, kNow) == Limit::bytes);
}

}  // namespace
}  // namespace waymark::proxy
