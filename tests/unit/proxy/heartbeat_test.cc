#include "proxy/heartbeat.h"

#include <catch2/catch.hpp>

namespace waymark::proxy {
namespace {

using std::chrono::seconds;

TEST_CASE("silence is counted from the last beat, and only between the first and the end") {
  const Heartbeat::Clock::time_point start(seconds(1000));
  Heartbeat heart;
  CHECK(heart.silence(start) == seconds(0));
  heart.beat(start);
  CHECK(heart.silence(start + seconds(3)) == seconds(3));
  CHECK(heart.silence(start - seconds(1)) == seconds(0));
  heart.beat(start + seconds(2));
  CHECK(heart.silence(start + seconds(3)) == seconds(1));
  heart.end();
  CHECK(heart.silence(start + seconds(900)) == seconds(0));
}

}  // namespace
}  // namespace waymark::proxy
