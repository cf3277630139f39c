#include "stats/series.h"

#include <catch2/catch.hpp>

namespace waymark::stats {
namespace {

using std::chrono::milliseconds;

// A second apart, with the same clock for both.
Moment second(std::int64_t number) { return {1'000'000 + number, milliseconds(number * 1'000)}; }

Counts frames(std::uint64_t count) { return {.frames = count}; }

// Of a process that began to count at second 0.
void read(Series& series, const Moment& now, const Counts& counts, std::uint64_t connections = 0) {
  series.read(second(0), now, counts, connections);
}

TEST_CASE("a second's point holds what was counted in it") {
  Series series;
  read(series, second(1), frames(100), 3);
  read(series, second(2), frames(140), 4);
  REQUIRE(series.seconds().size() == 2);
  CHECK(series.seconds().front().frames == 100);
  const Point& point = series.seconds().back();
  CHECK(point.at == 1'000'002);
  CHECK(point.millis == 1'000);
  CHECK(point.frames == 40);
  CHECK(point.connections == 4);
  CHECK(series.total().frames == 140);
}

TEST_CASE("counts that begin anew are not taken for a fall") {
  Series series;
  read(series, second(0), {.frames = 100, .answers = 50});
  read(series, second(1), {.frames = 5, .answers = 60});
  CHECK(series.total().frames == 105);
  CHECK(series.total().answers == 60);
}

TEST_CASE("15 minutes of seconds are kept") {
  Series series;
  for (int i = 0; i <= 2'000; ++i) read(series, second(i), frames(10 * i));
  CHECK(series.seconds().size() == kSeconds);
  CHECK(series.seconds().back().at == 1'002'000);
}

TEST_CASE("rates are of the time that was covered") {
  Series series;
  CHECK(series.rate(&Point::frames, 1) == 0);
  std::uint64_t count = 0;
  for (int i = 0; i <= 120; ++i) {
    read(series, second(i), frames(count));
    count += i < 60 ? 10 : 30;
  }
  CHECK(series.rate(&Point::frames, 1) == Approx(30));
  CHECK(series.rate(&Point::frames, 60) == Approx(30));
  CHECK(series.rate(&Point::frames, 900) == Approx(20));
  SECTION("a step that took long is one that counts") {
    read(series, {1'000'130, milliseconds(130'000)}, frames(count + 470));
    CHECK(series.rate(&Point::frames, 1) == Approx(50));
  }
}

TEST_CASE("errors are of three kinds") {
  Series series;
  read(series, second(0), {});
  read(series, second(1), {.failed_answers = 1, .timed_out = 2, .dead_lettered = 4});
  CHECK(series.error_rate(1) == Approx(7));
  CHECK(series.total().errors() == 7);
}

TEST_CASE("the last minute slides") {
  Series series;
  for (int i = 0; i <= 300; ++i) read(series, second(i), frames(2 * i));
  CHECK(series.last_minute().frames == 120);
}

TEST_CASE("a minute is what was counted since the one before ended") {
  Series series;
  CHECK_FALSE(series.end_minute(0).has_value());
  read(series, second(0), frames(0), 1);
  CHECK_FALSE(series.end_minute(0).has_value());
  read(series, second(30), frames(11), 2);
  read(series, second(59), frames(20), 3);
  const auto minute = series.end_minute(999'960);
  REQUIRE(minute.has_value());
  CHECK(minute->at == 999'960);
  CHECK(minute->millis == 59'000);
  CHECK(minute->frames == 20);
  CHECK(minute->connections == 3);
  read(series, second(60), frames(21), 3);
  CHECK(series.end_minute(1'000'020)->frames == 1);
  CHECK(series.minutes().size() == 2);
}

TEST_CASE("the minute of a restart is one") {
  Series series;
  series.add_minute({.at = 60, .millis = 20'000, .frames = 5, .answer_p99_us = 900});
  read(series, second(0), frames(0));
  read(series, second(1), frames(7), 2);
  const auto minute = series.end_minute(60);
  REQUIRE(minute.has_value());
  CHECK(*minute ==
        Point{.at = 60, .millis = 21'000, .frames = 12, .connections = 2, .answer_p99_us = 900});
  CHECK(series.minutes().size() == 1);
}

TEST_CASE("a clock that is set back leaves no later steps behind") {
  Series series;
  for (int i = 0; i <= 10; ++i) read(series, second(i), frames(i));
  read(series, {1'000'004, milliseconds(11'000)}, frames(11));
  CHECK(series.seconds().size() == 4);
  CHECK(series.seconds().back().frames == 2);  // that of the fourth second and this one
  CHECK(series.total().frames == 11);
}

TEST_CASE("answer times of a step are those of its answers") {
  Counts counts;
  Series series;
  for (int i = 0; i < 100; ++i) counts.answer_times.observe(20'000'000);
  read(series, second(0), counts);
  read(series, second(1), counts);
  CHECK(series.seconds().back().answer_p99_us == 0);
  for (int i = 0; i < 100; ++i) counts.answer_times.observe(400'000);
  read(series, second(2), counts);
  CHECK(series.seconds().back().answer_p50_us == 375);  // between 250 and 500
  CHECK(series.seconds().back().answer_p99_us > 375);
  CHECK(series.seconds().back().answer_p99_us <= 500);
}

}  // namespace
}  // namespace waymark::stats
