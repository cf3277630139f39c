#include "stats/series.h"

#include <catch2/catch.hpp>

namespace waymark::stats {
namespace {

using std::chrono::milliseconds;

Moment at(std::int64_t seconds) { return {1'000'000 + seconds, milliseconds(seconds * 1'000)}; }

Counts frames(std::uint64_t count) { return {.frames = count}; }

// One that is read each second.
struct Read : Series {
  Moment last = at(0);

  void to(const Moment& now, const Counts& gained, std::uint64_t connections = 0) {
    read(last, now, gained, connections);
    last = now;
  }
};

TEST_CASE("a second's point holds what was counted in it") {
  Read series;
  series.to(at(1), frames(100), 3);
  series.to(at(2), frames(40), 4);
  REQUIRE(series.seconds().size() == 2);
  CHECK(series.seconds().front().frames == 100);
  const Point& point = series.seconds().back();
  CHECK(point.at == 1'000'002);
  CHECK(point.millis == 1'000);
  CHECK(point.frames == 40);
  CHECK(point.connections == 4);
  CHECK(series.total().frames == 140);
  CHECK(series.connections() == 4);
}

TEST_CASE("15 minutes of seconds are kept") {
  Read series;
  for (int i = 1; i <= 2'000; ++i) series.to(at(i), frames(10));
  CHECK(series.seconds().size() == kSeconds);
  CHECK(series.seconds().back().at == 1'002'000);
  CHECK(series.total().frames == 20'000);
}

TEST_CASE("rates are of the time that was covered") {
  Read series;
  CHECK(series.rate(&Point::frames, 1) == 0);
  for (int i = 1; i <= 120; ++i) series.to(at(i), frames(i <= 60 ? 10 : 30));
  CHECK(series.rate(&Point::frames, 1) == Approx(30));
  CHECK(series.rate(&Point::frames, 60) == Approx(30));
  CHECK(series.rate(&Point::frames, 900) == Approx(20));
  SECTION("a step that took long is one that counts") {
    series.to(at(130), frames(500));
    CHECK(series.rate(&Point::frames, 1) == Approx(50));
  }
}

TEST_CASE("errors are of three kinds") {
  Read series;
  series.to(at(1), {.failed_answers = 1, .timed_out = 2, .dead_lettered = 4});
  CHECK(series.error_rate(1) == Approx(7));
  CHECK(series.total().errors() == 7);
}

TEST_CASE("the last minute slides") {
  Read series;
  for (int i = 1; i <= 300; ++i) series.to(at(i), frames(2));
  CHECK(series.last_minute().frames == 120);
}

TEST_CASE("a minute is what was counted since the one before ended") {
  Read series;
  CHECK_FALSE(series.end_minute(0).has_value());
  series.to(at(30), frames(11), 2);
  series.to(at(59), frames(9), 3);
  const auto minute = series.end_minute(999'960);
  REQUIRE(minute.has_value());
  CHECK(minute->at == 999'960);
  CHECK(minute->millis == 59'000);
  CHECK(minute->frames == 20);
  CHECK(minute->connections == 3);
  series.to(at(60), frames(1), 3);
  CHECK(series.end_minute(1'000'020)->frames == 1);
  CHECK(series.minutes().size() == 2);
}

TEST_CASE("the time of a subject that was away does not count") {
  Read series;
  series.to(at(1), frames(1));
  (void)series.end_minute(0);
  series.last = at(600);
  series.to(at(601), frames(1'000));
  CHECK(series.seconds().back().millis == 1'000);
  CHECK(series.end_minute(600)->millis == 1'000);
}

TEST_CASE("the minute of a restart is one") {
  Read series;
  series.add_minute({.at = 60, .millis = 20'000, .frames = 5, .answer_p99_us = 900});
  series.to(at(1), frames(7), 2);
  const auto minute = series.end_minute(60);
  REQUIRE(minute.has_value());
  CHECK(*minute ==
        Point{.at = 60, .millis = 21'000, .frames = 12, .connections = 2, .answer_p99_us = 900});
  CHECK(series.minutes().size() == 1);
}

TEST_CASE("a clock that is set back leaves no later steps behind") {
  Read series;
  for (int i = 1; i <= 10; ++i) series.to(at(i), frames(1));
  series.to({1'000'004, milliseconds(11'000)}, frames(1));
  CHECK(series.seconds().size() == 4);
  CHECK(series.seconds().back().frames == 2);  // that of the fourth second and this one
  CHECK(series.total().frames == 11);
}

TEST_CASE("answer times of a step are those of its answers") {
  Read series;
  series.to(at(1), {});
  CHECK(series.seconds().back().answer_p99_us == 0);
  Counts gained;
  for (int i = 0; i < 100; ++i) gained.answer_times.observe(400'000);
  series.to(at(2), gained);
  CHECK(series.seconds().back().answer_p50_us == 375);  // between 250 and 500
  CHECK(series.seconds().back().answer_p99_us > 375);
  CHECK(series.seconds().back().answer_p99_us <= 500);
}

}  // namespace
}  // namespace waymark::stats
