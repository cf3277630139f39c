#include "ctl/units.h"

#include <catch2/catch.hpp>

namespace waymark::ctl {
namespace {

TEST_CASE("counts take at most three digits") {
  CHECK(short_count(0) == "0");
  CHECK(short_count(999) == "999");
  CHECK(short_count(1000) == "1.0k");
  CHECK(short_count(1234) == "1.2k");
  CHECK(short_count(9949) == "9.9k");
  CHECK(short_count(9999) == "10k");
  CHECK(short_count(999'499) == "999k");
  CHECK(short_count(999'999) == "1.0M");
  CHECK(short_count(3'100'000) == "3.1M");
  CHECK(short_count(UINT64_MAX) == "18447P");
}

TEST_CASE("bytes are in binary units") {
  CHECK(short_bytes(0) == "0 B");
  CHECK(short_bytes(512) == "512 B");
  CHECK(short_bytes(1536) == "1.5 KiB");
  CHECK(short_bytes(1023) == "1.0 KiB");
  CHECK(short_bytes(256 * 1024 * 1024) == "256 MiB");
}

TEST_CASE("rates show the slow ones too") {
  CHECK(short_rate(0) == "0");
  CHECK(short_rate(-1) == "0");
  CHECK(short_rate(0.25) == "0.2");
  CHECK(short_rate(9.96) == "10");
  CHECK(short_rate(12.4) == "12");
  CHECK(short_rate(51'300) == "51k");
}

TEST_CASE("durations have two units at most") {
  using namespace std::chrono;
  CHECK(short_duration(Millis(-5000)) == "0s");
  CHECK(short_duration(Millis(999)) == "0s");
  CHECK(short_duration(seconds(59)) == "59s");
  CHECK(short_duration(seconds(60)) == "1m");
  CHECK(short_duration(seconds(125)) == "2m 5s");
  CHECK(short_duration(hours(3)) == "3h");
  CHECK(short_duration(hours(3) + seconds(59)) == "3h");
  CHECK(short_duration(hours(99)) == "4d 3h");
}

TEST_CASE("groups digits by three") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567) == "1,234,567");
}

TEST_CASE("reads times of RFC 3339 in UTC") {
  CHECK(parse_time("1970-01-01T00:00:00Z") == Instant(Millis(0)));
  CHECK(parse_time("2024-02-29T12:00:00.250Z") == Instant(Millis(1'709'208'000'250)));
  CHECK(parse_time("1970-01-01T00:00:00.5Z") == Instant(Millis(500)));
  CHECK(parse_time("1970-01-01T00:00:00.123456789Z") == Instant(Millis(123)));
}

TEST_CASE("refuses what is no time") {
  for (const char* text : {"", "Z", "1970-01-01T00:00:00", "1970-01-01 00:00:00Z",
                           "2023-02-29T00:00:00Z", "1970-13-01T00:00:00Z", "1970-01-01T24:00:00Z",
                           "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.-1Z",
                           "1970-01-01T00:00:00+01:00", "1970-01-01T00:00:00.1234567890Z"}) {
    INFO(text);
    CHECK(!parse_time(text));
  }
}

TEST_CASE("tells how long ago and how long until") {
  const Instant now{std::chrono::seconds(100)};
  CHECK(short_age("1970-01-01T00:00:40Z", now) == "1m");
  CHECK(short_age("1970-01-01T00:05:00Z", now) == "0s");  // the server's clock is ahead
  CHECK(short_age("", now) == "-");
  CHECK(short_wait("1970-01-01T00:01:50Z", now) == "10s");
  CHECK(short_wait("soon", now) == "-");
}

}  // namespace
}  // namespace waymark::ctl
