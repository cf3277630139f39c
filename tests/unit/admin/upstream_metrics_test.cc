#include "admin/upstream_metrics.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

namespace waymark::admin {
namespace {

using Catch::Contains;
using proxy::UpstreamSnapshot;
using proxy::WorkerSnapshot;

// Every number of it is another one, so that a sample that shows the wrong field is seen.
UpstreamSnapshot some_upstream() {
  return {.pool = "p",
          .address = "a:1",
          .name = "orders-1",
          .state = "ready",
          .connections = 31,
          .events_sent = 32,
          .frames_sent = 33,
          .batches_sent = 34,
          .bytes_sent = 35,
          .messages_received = 36,
          .times_lost = 37,
          .times_failed = 30,
          .malformed = 38,
          .outstanding_events = 39,
          .outstanding_frames = 40,
          .outstanding_bytes = 41,
          .window_bytes = 43,
          .window_events = 44,
          .waiting = 42};
}

std::string metrics_of(std::vector<UpstreamSnapshot> upstreams) {
  MetricsText text;
  add_link_metrics(text, {.worker = 3, .upstreams = std::move(upstreams)});
  return std::move(text).finish();
}

std::string metrics_of(const std::vector<UpstreamStanding>& standings) {
  MetricsText text;
  add_standing_metrics(text, standings);
  return std::move(text).finish();
}

std::string sample(const std::string& name, const std::string& value,
                   const std::string& address = "a:1") {
  return "\nwaymark_" + name + "{worker=\"3\",pool=\"p\",upstream=\"" + address + "\"} " + value +
         "\n";
}

TEST_CASE("shows every count of a link") {
  UpstreamSnapshot upstream = some_upstream();
  upstream.batch_frames.observe(45);
  upstream.answers.observe(46'000'000'000);
  const std::string text = metrics_of({upstream});
  CHECK_THAT(text, Contains(sample("upstream_ready", "1")));
  CHECK_THAT(text, Contains(sample("upstream_connections", "31")));
  CHECK_THAT(text, Contains(sample("link_events_sent_total", "32")));
  CHECK_THAT(text, Contains(sample("link_frames_sent_total", "33")));
  CHECK_THAT(text, Contains(sample("link_batches_sent_total", "34")));
  CHECK_THAT(text, Contains(sample("link_bytes_sent_total", "35")));
  CHECK_THAT(text, Contains(sample("link_messages_received_total", "36")));
  CHECK_THAT(text, Contains(sample("link_lost_total", "37")));
  CHECK_THAT(text, Contains(sample("link_failed_total", "30")));
  CHECK_THAT(text, Contains(sample("link_malformed_total", "38")));
  CHECK_THAT(text, Contains(sample("link_outstanding_events", "39")));
  CHECK_THAT(text, Contains(sample("link_outstanding_frames", "40")));
  CHECK_THAT(text, Contains(sample("link_outstanding_bytes", "41")));
  CHECK_THAT(text, Contains(sample("link_waiting_connections", "42")));
  CHECK_THAT(text, Contains(sample("link_window_bytes", "43")));
  CHECK_THAT(text, Contains(sample("link_window_events", "44")));
  CHECK_THAT(text, Contains(sample("link_batch_frames_sum", "45")));
  CHECK_THAT(text, Contains("upstream=\"a:1\",le=\"64\"} 1\n"));
  CHECK_THAT(text, Contains(sample("upstream_answer_seconds_sum", "46")));
  CHECK_THAT(text, Contains(sample("upstream_answer_seconds_count", "1")));
}

TEST_CASE("an upstream is ready in one state only") {
  UpstreamSnapshot upstream = some_upstream();
  upstream.state =
      GENERATE("idle", "connecting", "greeting", "asking_ready", "backing_off", "stopping");
  CHECK_THAT(metrics_of({upstream}), Contains(sample("upstream_ready", "0")));
}

// Two samples of one name and the same labels would make Prometheus refuse the scrape.
TEST_CASE("upstreams of one pool and address are added up") {
  UpstreamSnapshot other = some_upstream();
  other.state = "stopping";
  UpstreamSnapshot elsewhere = some_upstream();
  elsewhere.address = "b:1";
  other.answers.observe(1);
  UpstreamSnapshot one = some_upstream();
  one.answers.observe(1);
  const std::string text = metrics_of({one, elsewhere, other});
  CHECK_THAT(text, Contains(sample("upstream_ready", "1")));
  CHECK_THAT(text, Contains(sample("link_frames_sent_total", "66")));
  CHECK_THAT(text, Contains(sample("link_frames_sent_total", "33", "b:1")));
  CHECK_THAT(text, Contains(sample("upstream_answer_seconds_count", "2")));
}

TEST_CASE("shows the state of an upstream, and who added it") {
  const std::string text = metrics_of({UpstreamStanding{.id = "one",
                                                        .pool = "p",
                                                        .address = "a:1",
                                                        .source = "lease",
                                                        .state = "unhealthy",
                                                        .admin_state = "ready",
                                                        .failures = 4,
                                                        .weight = 5,
                                                        .probe_failures = 6}});
  const std::string labels = "{pool=\"p\",upstream=\"a:1\"";
  for (const std::string state : {"joining", "ready", "unhealthy", "dead", "leaving"}) {
    CHECK_THAT(text, Contains("waymark_upstream_state" + labels + ",state=\"" + state + "\"} " +
                              (state == "unhealthy" ? "1" : "0") + "\n"));
  }
  CHECK_THAT(text, Contains("waymark_upstream_info" + labels +
                            ",id=\"one\",source=\"lease\",admin_state=\"ready\"} 1\n"));
  CHECK_THAT(text, Contains("waymark_upstream_consecutive_failures" + labels + "} 4\n"));
  CHECK_THAT(text, Contains("waymark_upstream_weight" + labels + "} 5\n"));
  CHECK_THAT(text, Contains("waymark_upstream_probe_failures_total" + labels + "} 6\n"));
}

TEST_CASE("an upstream that leaves and one that takes its place are told apart by their state") {
  UpstreamStanding leaving{.id = "one",
                           .pool = "p",
                           .address = "a:1",
                           .source = "api",
                           .state = "leaving",
                           .admin_state = "ready"};
  UpstreamStanding back = leaving;
  back.state = "joining";
  const std::string text = metrics_of({leaving, back});
  CHECK_THAT(text, Contains("state=\"leaving\"} 1\n"));
  CHECK_THAT(text, Contains("state=\"joining\"} 1\n"));
  const std::size_t first = text.find("waymark_upstream_info{");
  CHECK(text.find("waymark_upstream_info{", first + 1) == std::string::npos);
}

}  // namespace
}  // namespace waymark::admin
