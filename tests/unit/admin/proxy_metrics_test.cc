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
  return samples_of(
      proxy_metrics(snapshot, {.version = "1.2.3", .log_lines_dropped = 4, .ready = true}));
}

// Every number of it is another one, so that a sample that shows the wrong field is seen.
WorkerSnapshot some_worker() {
  WorkerSnapshot worker{.worker = 3,
                        .queued_connections = 11,
                        .queued_bytes = 12,
                        .frames_sent = 13,
                        .frames_dropped = 14};
  worker.pools = {{.name = "p", .ready_upstreams = 50, .held = 51, .stranded_frames = 52},
                  {.name = "q", .ready_upstreams = 53, .held = 54, .stranded_frames = 55}};
  worker.counters.listeners = {{.connections = 60,
                                .opened = 61,
                                .frames_up = 62,
                                .bytes_up = 63,
                                .frames_down = 64,
                                .bytes_down = 65},
                               {.connections = 70,
                                .opened = 71,
                                .frames_up = 72,
                                .bytes_up = 73,
                                .frames_down = 74,
                                .bytes_down = 75}};
  std::iota(worker.counters.closed.begin(), worker.counters.closed.end(), 100);
  std::iota(worker.counters.refused.begin(), worker.counters.refused.end(), 200);
  worker.counters.input_discarded_bytes = 19;
  worker.counters.frames_discarded_in_doubt = 20;
  worker.counters.frames_discarded_too_large = 21;
  worker.counters.frames_discarded_at_exit = 22;
  worker.counters.frames_redelivered = 23;
  worker.counters.moved = 24;
  worker.counters.frames_replayed = 29;
  worker.counters.commands_ignored = 25;
  worker.counters.commands_forwarded = 26;
  worker.counters.reads_paused = 27;
  worker.counters.reads_paused_for_memory = 28;
  worker.counters.reads_paused_for_bytes = 30;
  worker.counters.reads_paused_for_frames = 31;
  return worker;
}

// A proxy of that worker alone.
ProxySnapshot some_proxy() {
  ProxySnapshot snapshot{.workers = {some_worker()},
                         .worker_count = 1,
                         .listeners = {{.name = "devices"}, {.name = "meters"}}};
  return snapshot;
}

TEST_CASE("shows what the process is and may use") {
  ProxySnapshot snapshot;
  snapshot.memory_used = 5;
  snapshot.memory_limit = 6;
  snapshot.max_connections = 7;
  snapshot.presence = {.names = 8, .groups = 9, .group_members = 10};
  snapshot.marks = {.held = 11, .remembered = 12};
  snapshot.worker_count = 2;
  snapshot.workers.push_back({.worker = 1});
  const auto samples = samples_of(snapshot);
  CHECK(samples.at("waymark_build_info{version=\"1.2.3\"}") == 1);
  CHECK(samples.at("waymark_log_lines_dropped_total") == 4);
  CHECK(samples.at("waymark_memory_used_bytes") == 5);
  CHECK(samples.at("waymark_memory_limit_bytes") == 6);
  CHECK(samples.at("waymark_max_connections") == 7);
  CHECK(samples.at("waymark_names") == 8);
  CHECK(samples.at("waymark_groups") == 9);
  CHECK(samples.at("waymark_group_members") == 10);
  CHECK(samples.at("waymark_marks{state=\"held\"}") == 11);
  CHECK(samples.at("waymark_marks{state=\"remembered\"}") == 12);
  CHECK(samples.at("waymark_workers") == 2);
  CHECK(samples.at("waymark_workers_silent") == 1);
  CHECK(samples.at("waymark_ready") == 1);
  CHECK(samples.at("waymark_draining") == 0);
}

TEST_CASE("shows every count of a listener") {
  ProxySnapshot snapshot;
  snapshot.listeners.push_back({.name = "devices",
                                .address = "127.0.0.1:7999",
                                .accepted = 1,
                                .paused_at_cap = 2,
                                .paused_for_rate = 5,
                                .paused_without_fds = 3,
                                .failed = 4,
                                .gate = {.connections = 6,
                                         .sources = 7,
                                         .refused_per_source = 8,
                                         .refused_per_prefix = 9,
                                         .refused_too_fast = 10}});
  const auto samples = samples_of(snapshot);
  CHECK(samples.at("waymark_listener_accepted_total{listener=\"devices\"}") == 1);
  const std::string paused = "waymark_listener_paused_total{listener=\"devices\",cause=";
  CHECK(samples.at(paused + "\"max_connections\"}") == 2);
  CHECK(samples.at(paused + "\"descriptors\"}") == 3);
  CHECK(samples.at(paused + "\"max_new_per_second\"}") == 5);
  CHECK(samples.at("waymark_listener_counted_connections{listener=\"devices\"}") == 6);
  CHECK(samples.at("waymark_listener_counted_sources{listener=\"devices\"}") == 7);
  const std::string refused = "waymark_listener_refused_total{listener=\"devices\",reason=";
  CHECK(samples.at(refused + "\"max_connections_per_source\"}") == 8);
  CHECK(samples.at(refused + "\"max_connections_per_prefix\"}") == 9);
  CHECK(samples.at(refused + "\"max_new_per_source\"}") == 10);
  CHECK(samples.at("waymark_listener_failed_total{listener=\"devices\"}") == 4);
}

TEST_CASE("shows every count of a worker") {
  const auto samples = samples_of(some_proxy());
  const auto of_worker = [&](const std::string& name, const std::string& more = "") {
    const std::string sample =
        "waymark_" + name + "{worker=\"3\"" + (more.empty() ? "" : ",") + more + "}";
    CAPTURE(sample);
    REQUIRE(samples.contains(sample));
    return samples.at(sample);
  };
  CHECK(of_worker("downstream_queued_connections") == 11);
  CHECK(of_worker("downstream_queued_bytes") == 12);
  CHECK(of_worker("frames_sent_total") == 13);
  CHECK(of_worker("frames_discarded_total", "reason=\"link_ended\"") == 14);
  CHECK(of_worker("downstream_input_discarded_bytes_total") == 19);
  CHECK(of_worker("frames_discarded_total", "reason=\"in_doubt\"") == 20);
  CHECK(of_worker("frames_discarded_total", "reason=\"too_large_for_upstream\"") == 21);
  CHECK(of_worker("frames_discarded_total", "reason=\"exit\"") == 22);
  CHECK(of_worker("frames_redelivered_total") == 23);
  CHECK(of_worker("downstream_connections_moved_total") == 24);
  CHECK(of_worker("frames_replayed_total") == 29);
  CHECK(of_worker("commands_ignored_total") == 25);
  CHECK(of_worker("commands_forwarded_total") == 26);
  CHECK(of_worker("downstream_reads_paused_total", "cause=\"window\"") == 27);
  CHECK(of_worker("downstream_reads_paused_total", "cause=\"memory\"") == 28);
  CHECK(of_worker("downstream_reads_paused_total", "cause=\"max_bytes_per_second\"") == 30);
  CHECK(of_worker("downstream_reads_paused_total", "cause=\"max_frames_per_second\"") == 31);
  CHECK(of_worker("downstream_connections_closed_total", "reason=\"CLIENT_CLOSED\"") == 101);
  CHECK(of_worker("downstream_connections_closed_total", "reason=\"OVERLOAD\"") == 113);
  CHECK(of_worker("commands_refused_total", "reason=\"NO_SUCH_MARK\"") == 201);
  CHECK(of_worker("commands_refused_total", "reason=\"NOT_FRAMEABLE\"") == 206);
  CHECK(of_worker("commands_refused_total", "reason=\"UPSTREAM_BUSY\"") == 215);
}

TEST_CASE("shows what the clients of each listener do") {
  const auto samples = samples_of(some_proxy());
  const auto [listener, first] =
      GENERATE(table<std::string, int>({{"devices", 60}, {"meters", 70}}));
  const std::string labels = "{worker=\"3\",listener=\"" + listener + "\"";
  const auto of_listener = [&](const std::string& name, const std::string& more = "") {
    return samples.at("waymark_downstream_" + name + labels + more + "}");
  };
  CHECK(of_listener("connections") == first);
  CHECK(of_listener("connections_opened_total") == first + 1);
  CHECK(of_listener("frames_total", ",direction=\"up\"") == first + 2);
  CHECK(of_listener("bytes_total", ",direction=\"up\"") == first + 3);
  CHECK(of_listener("frames_total", ",direction=\"down\"") == first + 4);
  CHECK(of_listener("bytes_total", ",direction=\"down\"") == first + 5);
}

TEST_CASE("shows how each pool is served") {
  const auto samples = samples_of(some_proxy());
  const auto [pool, first] = GENERATE(table<std::string, int>({{"p", 50}, {"q", 53}}));
  const std::string labels = "{worker=\"3\",pool=\"" + pool + "\"}";
  CHECK(samples.at("waymark_pool_ready_upstreams" + labels) == first);
  CHECK(samples.at("waymark_downstream_connections_held" + labels) == first + 1);
  CHECK(samples.at("waymark_frames_stranded" + labels) == first + 2);
}

TEST_CASE("shows what became of the frames that were given up") {
  const auto samples = samples_of(
      proxy_metrics({}, {.dead_letters = {.stored = 1,
                                          .bytes = 2,
                                          .added = {{"max_attempts", 3}, {"given_up", 4}},
                                          .dropped = {{"oldest", 5}},
                                          .replayed = 6}}));
  CHECK(samples.at("waymark_dead_letters") == 1);
  CHECK(samples.at("waymark_dead_letters_bytes") == 2);
  CHECK(samples.at("waymark_dead_letters_total{reason=\"max_attempts\"}") == 3);
  CHECK(samples.at("waymark_dead_letters_total{reason=\"given_up\"}") == 4);
  CHECK(samples.at("waymark_dead_letters_dropped_total{reason=\"oldest\"}") == 5);
  CHECK(samples.at("waymark_dead_letters_replayed_total") == 6);
}

TEST_CASE("times are in seconds") {
  ProxySnapshot snapshot = some_proxy();
  WorkerSnapshot& worker = snapshot.workers.front();
  worker.up.observe(3'000'000);         // 3 ms
  worker.up.observe(60'000'000'000);    // a minute
  worker.down.observe(20'000);          // 20 us
  worker.counters.loop_lag.observe(0);  // in time
  const auto samples = samples_of(snapshot);
  const std::string up = "{worker=\"3\",direction=\"up\"";
  CHECK(samples.at("waymark_proxy_seconds_bucket" + up + ",le=\"0.0025\"}") == 0);
  CHECK(samples.at("waymark_proxy_seconds_bucket" + up + ",le=\"0.005\"}") == 1);
  CHECK(samples.at("waymark_proxy_seconds_bucket" + up + ",le=\"30\"}") == 1);
  CHECK(samples.at("waymark_proxy_seconds_bucket" + up + ",le=\"+Inf\"}") == 2);
  CHECK(samples.at("waymark_proxy_seconds_sum" + up + "}") == Approx(60.003));
  CHECK(samples.at("waymark_proxy_seconds_count{worker=\"3\",direction=\"down\"}") == 1);
  CHECK(samples.at("waymark_loop_lag_seconds_bucket{worker=\"3\",le=\"5e-05\"}") == 1);
}

// What an alert would compute: all that went in is somewhere.
TEST_CASE("the frames of a worker can be accounted for from one scrape") {
  WorkerSnapshot worker{.worker = 0, .frames_sent = 950, .frames_dropped = 5};
  worker.counters.listeners = {{.frames_up = 400}, {.frames_up = 600}};
  worker.pools = {{.name = "p", .stranded_frames = 2}, {.name = "q", .stranded_frames = 3}};
  worker.counters.frames_replayed = 4;
  worker.counters.frames_copied = 20;
  worker.counters.frames_given_up = 9;
  worker.counters.frames_copies_dropped = 11;
  worker.counters.frames_discarded_in_doubt = 10;
  worker.counters.frames_discarded_too_large = 7;
  worker.counters.frames_discarded_at_exit = 8;
  worker.upstreams = {
      {.pool = "p", .address = "a:1", .frames_sent = 500, .outstanding_frames = 9},
      {.pool = "p", .address = "b:1", .frames_sent = 450, .outstanding_frames = 10}};
  ProxySnapshot snapshot = some_proxy();
  snapshot.workers = {worker};

  const std::set<std::string> places = {
      "waymark_frames_sent_total",     "waymark_link_outstanding_frames",
      "waymark_frames_stranded",       "waymark_frames_discarded_total",
      "waymark_frames_given_up_total", "waymark_frames_copies_dropped_total"};
  double read = 0;
  double accounted = 0;
  for (const auto& [sample, value] : samples_of(snapshot)) {
    const std::string name = sample.substr(0, sample.find('{'));
    if (places.contains(name)) accounted += value;
    if (name == "waymark_downstream_frames_total" && sample.ends_with("direction=\"up\"}")) {
      read += value;
    }
    if (name == "waymark_frames_replayed_total") read += value;
    if (name == "waymark_frames_copied_total") read += value;
  }
  CHECK(read == 1'024);
  CHECK(accounted == read);
}

TEST_CASE("every reason by which a client is closed is a label, and no other") {
  std::size_t reasons = 0;
  for (const auto& [sample, value] : samples_of(some_proxy())) {
    if (sample.starts_with("waymark_downstream_connections_closed_total{")) ++reasons;
    CHECK(sample.find("UNSPECIFIED") == std::string::npos);
    CHECK(sample.find("MOVED") == std::string::npos);
  }
  CHECK(reasons == kCloseReasons - 2);
}

}  // namespace
}  // namespace waymark::admin
