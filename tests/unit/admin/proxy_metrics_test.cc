#include "admin/proxy_metrics.h"

#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>

#include "wire/lifecycle.h"

namespace waymark::admin {
namespace {

using proxy::ProxySnapshot;
using proxy::UpstreamSnapshot;
using proxy::WorkerSnapshot;

// The samples of `text`, "name{labels}" -> value.
std::map<std::string, double> samples_of(const std::string& text) {
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t space = line.rfind(' ');
    REQUIRE(space != std::string::npos);
    const bool added =
        samples.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second;
    CAPTURE(line);
    CHECK(added);
  }
  return samples;
}

std::map<std::string, double> samples_of(const ProxySnapshot& snapshot) {
  return samples_of(proxy_metrics(snapshot, {.version = "1.2.3", .log_lines_dropped = 4}));
}

// Every number of it is another one, so that a sample that shows the wrong field is seen.
WorkerSnapshot some_worker() {
  WorkerSnapshot worker{.worker = 3, .connections = 11, .held = 12, .stranded_frames = 13};
  worker.counters.opened = 14;
  std::iota(worker.counters.closed.begin(), worker.counters.closed.end(), 100);
  std::iota(worker.counters.refused.begin(), worker.counters.refused.end(), 200);
  worker.counters.frames_up = 15;
  worker.counters.bytes_up = 16;
  worker.counters.frames_down = 17;
  worker.counters.bytes_down = 18;
  worker.counters.input_discarded_bytes = 19;
  worker.counters.frames_discarded_in_doubt = 20;
  worker.counters.frames_discarded_too_large = 21;
  worker.counters.frames_discarded_at_exit = 22;
  worker.counters.frames_redelivered = 23;
  worker.counters.moved = 24;
  worker.counters.commands_ignored = 25;
  worker.counters.commands_forwarded = 26;
  worker.counters.reads_paused = 27;
  worker.counters.reads_paused_for_memory = 28;
  return worker;
}

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
          .malformed = 38,
          .outstanding_events = 39,
          .outstanding_frames = 40,
          .outstanding_bytes = 41,
          .waiting = 42};
}

TEST_CASE("shows what the process is and may use") {
  ProxySnapshot snapshot;
  snapshot.memory_used = 5;
  snapshot.memory_limit = 6;
  snapshot.max_connections = 7;
  const auto samples = samples_of(snapshot);
  CHECK(samples.at("waymark_build_info{version=\"1.2.3\"}") == 1);
  CHECK(samples.at("waymark_log_lines_dropped_total") == 4);
  CHECK(samples.at("waymark_memory_used_bytes") == 5);
  CHECK(samples.at("waymark_memory_limit_bytes") == 6);
  CHECK(samples.at("waymark_max_connections") == 7);
}

TEST_CASE("shows every count of a listener") {
  ProxySnapshot snapshot;
  snapshot.listeners.push_back({.name = "devices",
                                .address = "127.0.0.1:7999",
                                .accepted = 1,
                                .paused_at_cap = 2,
                                .paused_without_fds = 3,
                                .failed = 4});
  const auto samples = samples_of(snapshot);
  CHECK(samples.at("waymark_listener_accepted_total{listener=\"devices\"}") == 1);
  const std::string paused = "waymark_listener_paused_total{listener=\"devices\",cause=";
  CHECK(samples.at(paused + "\"max_connections\"}") == 2);
  CHECK(samples.at(paused + "\"descriptors\"}") == 3);
  CHECK(samples.at("waymark_listener_failed_total{listener=\"devices\"}") == 4);
}

TEST_CASE("shows every count of a worker") {
  ProxySnapshot snapshot;
  snapshot.workers.push_back(some_worker());
  const auto samples = samples_of(snapshot);
  const auto of_worker = [&](const std::string& name, const std::string& more = "") {
    const std::string sample =
        "waymark_" + name + "{worker=\"3\"" + (more.empty() ? "" : ",") + more + "}";
    CAPTURE(sample);
    REQUIRE(samples.contains(sample));
    return samples.at(sample);
  };
  CHECK(of_worker("downstream_connections") == 11);
  CHECK(of_worker("downstream_connections_held") == 12);
  CHECK(of_worker("frames_stranded") == 13);
  CHECK(of_worker("downstream_connections_opened_total") == 14);
  CHECK(of_worker("downstream_frames_total", "direction=\"up\"") == 15);
  CHECK(of_worker("downstream_bytes_total", "direction=\"up\"") == 16);
  CHECK(of_worker("downstream_frames_total", "direction=\"down\"") == 17);
  CHECK(of_worker("downstream_bytes_total", "direction=\"down\"") == 18);
  CHECK(of_worker("downstream_input_discarded_bytes_total") == 19);
  CHECK(of_worker("frames_discarded_total", "reason=\"in_doubt\"") == 20);
  CHECK(of_worker("frames_discarded_total", "reason=\"too_large_for_upstream\"") == 21);
  CHECK(of_worker("frames_discarded_total", "reason=\"exit\"") == 22);
  CHECK(of_worker("frames_redelivered_total") == 23);
  CHECK(of_worker("downstream_connections_moved_total") == 24);
  CHECK(of_worker("commands_ignored_total") == 25);
  CHECK(of_worker("commands_forwarded_total") == 26);
  CHECK(of_worker("downstream_reads_paused_total", "cause=\"window\"") == 27);
  CHECK(of_worker("downstream_reads_paused_total", "cause=\"memory\"") == 28);
  CHECK(of_worker("downstream_connections_closed_total", "reason=\"CLIENT_CLOSED\"") == 101);
  CHECK(of_worker("downstream_connections_closed_total", "reason=\"OVERLOAD\"") == 113);
  CHECK(of_worker("commands_refused_total", "reason=\"NO_SUCH_MARK\"") == 201);
  CHECK(of_worker("commands_refused_total", "reason=\"NOT_FRAMEABLE\"") == 206);
}

TEST_CASE("shows every count of a link") {
  ProxySnapshot snapshot;
  snapshot.workers.push_back(some_worker());
  snapshot.workers.back().upstreams.push_back(some_upstream());
  const auto samples = samples_of(snapshot);
  const auto of_link = [&](const std::string& name) {
    const std::string sample = "waymark_" + name + "{worker=\"3\",pool=\"p\",upstream=\"a:1\"}";
    CAPTURE(sample);
    REQUIRE(samples.contains(sample));
    return samples.at(sample);
  };
  CHECK(of_link("upstream_ready") == 1);
  CHECK(of_link("upstream_connections") == 31);
  CHECK(of_link("link_events_sent_total") == 32);
  CHECK(of_link("link_frames_sent_total") == 33);
  CHECK(of_link("link_batches_sent_total") == 34);
  CHECK(of_link("link_bytes_sent_total") == 35);
  CHECK(of_link("link_messages_received_total") == 36);
  CHECK(of_link("link_lost_total") == 37);
  CHECK(of_link("link_malformed_total") == 38);
  CHECK(of_link("link_outstanding_events") == 39);
  CHECK(of_link("link_outstanding_frames") == 40);
  CHECK(of_link("link_outstanding_bytes") == 41);
  CHECK(of_link("link_waiting_connections") == 42);
}

TEST_CASE("an upstream is ready in one state only") {
  const auto* const state =
      GENERATE("idle", "connecting", "greeting", "asking_ready", "backing_off", "stopping");
  ProxySnapshot snapshot;
  snapshot.workers.push_back(some_worker());
  snapshot.workers.back().upstreams.push_back(some_upstream());
  snapshot.workers.back().upstreams.back().state = state;
  CHECK(samples_of(snapshot).at(
            "waymark_upstream_ready{worker=\"3\",pool=\"p\",upstream=\"a:1\"}") == 0);
}

// What an alert would compute: all that went in is somewhere.
TEST_CASE("the frames of a worker can be accounted for from one scrape") {
  WorkerSnapshot worker{.worker = 0, .stranded_frames = 5};
  worker.counters.frames_up = 1'000;
  worker.counters.frames_discarded_in_doubt = 6;
  worker.counters.frames_discarded_too_large = 7;
  worker.counters.frames_discarded_at_exit = 8;
  worker.upstreams = {
      {.pool = "p", .address = "a:1", .frames_sent = 500, .outstanding_frames = 9},
      {.pool = "p", .address = "b:1", .frames_sent = 455, .outstanding_frames = 10}};
  ProxySnapshot snapshot;
  snapshot.workers.push_back(worker);

  const std::set<std::string> places = {
      "waymark_link_frames_sent_total", "waymark_link_outstanding_frames",
      "waymark_frames_stranded", "waymark_frames_discarded_total"};
  double accounted = 0;
  for (const auto& [sample, value] : samples_of(snapshot)) {
    if (places.contains(sample.substr(0, sample.find('{')))) accounted += value;
  }
  CHECK(accounted ==
        samples_of(snapshot).at("waymark_downstream_frames_total{worker=\"0\",direction=\"up\"}"));
}

TEST_CASE("every reason by which a client is closed is a label, and no other") {
  ProxySnapshot snapshot;
  snapshot.workers.push_back(some_worker());
  std::size_t reasons = 0;
  for (const auto& [sample, value] : samples_of(snapshot)) {
    if (sample.starts_with("waymark_downstream_connections_closed_total{")) ++reasons;
    CHECK(sample.find("UNSPECIFIED") == std::string::npos);
    CHECK(sample.find("MOVED") == std::string::npos);
  }
  CHECK(reasons == kCloseReasons - 3);
}

}  // namespace
}  // namespace waymark::admin
