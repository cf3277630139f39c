#include "admin/metrics_text.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <utility>

namespace waymark::admin {
namespace {

TEST_CASE("writes HELP and TYPE once for a family whose samples come apart") {
  MetricsText text;
  text.counter("waymark_frames_total", "Frames read.", 7, {{"worker", "0"}});
  text.gauge("waymark_connections", "Open connections.", 2);
  text.counter("waymark_frames_total", "Frames read.", 9, {{"worker", "1"}});

  CHECK(std::move(text).finish() ==
        "# HELP waymark_frames_total Frames read.\n"
        "# TYPE waymark_frames_total counter\n"
        "waymark_frames_total{worker=\"0\"} 7\n"
        "waymark_frames_total{worker=\"1\"} 9\n"
        "# HELP waymark_connections Open connections.\n"
        "# TYPE waymark_connections gauge\n"
        "waymark_connections 2\n");
}

TEST_CASE("escapes label values and help text") {
  MetricsText text;
  text.gauge("g", "one\ntwo \\ \"three\"", 1, {{"a", "q\"b\\s\nl"}, {"b", ""}});

  CHECK(std::move(text).finish() ==
        "# HELP g one\\ntwo \\\\ \"three\"\n"
        "# TYPE g gauge\n"
        "g{a=\"q\\\"b\\\\s\\nl\",b=\"\"} 1\n");
}

TEST_CASE("keeps every digit of a counter beyond 2^53") {
  MetricsText text;
  text.counter("c_total", "c", std::numeric_limits<std::uint64_t>::max());

  CHECK_THAT(std::move(text).finish(), Catch::EndsWith("\nc_total 18446744073709551615\n"));
}

TEST_CASE("writes fractions, infinities and not-a-number as Prometheus spells them") {
  const auto [value, expected] =
      GENERATE(table<double, std::string>({{0.25, "g 0.25\n"},
                                           {-3, "g -3\n"},
                                           {std::numeric_limits<double>::infinity(), "g +Inf\n"},
                                           {-std::numeric_limits<double>::infinity(), "g -Inf\n"},
                                           {std::nan(""), "g NaN\n"}}));
  MetricsText text;
  text.gauge("g", "g", value);

  CHECK_THAT(std::move(text).finish(), Catch::EndsWith("\n" + expected));
}

TEST_CASE("ends a histogram with the +Inf bucket, its sum and its count") {
  MetricsText text;
  const HistogramBucket buckets[] = {{0.001, 3}, {0.01, 5}};
  text.histogram("h_seconds", "h", buckets, 6, 0.75, {{"pool", "p"}});

  CHECK(std::move(text).finish() ==
        "# HELP h_seconds h\n"
        "# TYPE h_seconds histogram\n"
        "h_seconds_bucket{pool=\"p\",le=\"0.001\"} 3\n"
        "h_seconds_bucket{pool=\"p\",le=\"0.01\"} 5\n"
        "h_seconds_bucket{pool=\"p\",le=\"+Inf\"} 6\n"
        "h_seconds_sum{pool=\"p\"} 0.75\n"
        "h_seconds_count{pool=\"p\"} 6\n");
}

TEST_CASE("adds up the buckets of values and gives them their unit") {
  MetricsText text;
  Buckets<1'000'000, 2'000'000> milliseconds;
  milliseconds.observe(1'000'000);
  milliseconds.observe(1'000'001);
  milliseconds.observe(1'500'000);
  milliseconds.observe(9'000'000);
  text.histogram("h_seconds", "h", milliseconds, 1e9);

  CHECK(std::move(text).finish() ==
        "# HELP h_seconds h\n"
        "# TYPE h_seconds histogram\n"
        "h_seconds_bucket{le=\"0.001\"} 1\n"
        "h_seconds_bucket{le=\"0.002\"} 3\n"
        "h_seconds_bucket{le=\"+Inf\"} 4\n"
        "h_seconds_sum 0.012500001\n"
        "h_seconds_count 4\n");
}

TEST_CASE("a counter may have fractions") {
  MetricsText text;
  text.fractional_counter("cpu_seconds_total", "CPU.", 12.25);

  CHECK(std::move(text).finish() ==
        "# HELP cpu_seconds_total CPU.\n"
        "# TYPE cpu_seconds_total counter\n"
        "cpu_seconds_total 12.25\n");
}

TEST_CASE("writes nothing when nothing was given") { CHECK(MetricsText().finish().empty()); }

}  // namespace
}  // namespace waymark::admin
