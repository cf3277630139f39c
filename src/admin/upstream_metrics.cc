#include "admin/upstream_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace waymark::admin {
namespace {

using proxy::UpstreamSnapshot;

// Pool and address, which are the labels of an upstream.
using Place = std::pair<std::string_view, std::string_view>;

struct Links {
  std::size_t ready = 0;
  UpstreamSnapshot sum;  // of the numbers
};

void add(Links& links, const UpstreamSnapshot& one) {
  if (one.state == "ready") ++links.ready;
  UpstreamSnapshot& sum = links.sum;
  sum.connections += one.connections;
  sum.events_sent += one.events_sent;
  sum.frames_sent += one.frames_sent;
  sum.batches_sent += one.batches_sent;
  sum.bytes_sent += one.bytes_sent;
  sum.messages_received += one.messages_received;
  sum.times_lost += one.times_lost;
  sum.times_failed += one.times_failed;
  sum.malformed += one.malformed;
  sum.batch_frames.add(one.batch_frames);
  sum.answers.add(one.answers);
  sum.counts.add(one.counts);
  sum.outstanding_events += one.outstanding_events;
  sum.outstanding_frames += one.outstanding_frames;
  sum.outstanding_bytes += one.outstanding_bytes;
  sum.window_bytes += one.window_bytes;
  sum.window_events += one.window_events;
  sum.waiting += one.waiting;
}

void write(MetricsText& text, const Links& links, MetricsText::Labels labels) {
  const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    text.counter(name, help, value, labels);
  };
  const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
    text.gauge(name, help, static_cast<double>(value), labels);
  };
  const UpstreamSnapshot& sum = links.sum;
  gauge("waymark_upstream_ready", "1 while the worker's link to the upstream is ready.",
        links.ready);
  gauge("waymark_upstream_connections", "Client connections served by the upstream.",
        sum.connections);
  text.histogram("waymark_upstream_answer_seconds",
                 "Time from receiving a frame to the answer that names it, of one frame of each "
                 "connection at a time.",
                 sum.answers, 1e9, labels);
  counter("waymark_upstream_answers_total", "Payloads the upstream sent for one connection each.",
          sum.counts.answers);
  counter("waymark_upstream_failed_answers_total",
          "Those of them that report a failure (Send.error).", sum.counts.failed_answers);
  counter("waymark_upstream_timeouts_total",
          "Frames the upstream did not answer within reply_timeout.", sum.counts.timed_out);
  counter("waymark_upstream_given_up_total",
          "Frames the upstream had last that became dead letters.", sum.counts.given_up);
  counter("waymark_link_events_sent_total", "Events of completed writes.", sum.events_sent);
  counter("waymark_link_frames_sent_total", "Frames among those events.", sum.frames_sent);
  counter("waymark_link_bytes_sent_total", "Encoded bytes of those events.", sum.bytes_sent);
  counter("waymark_link_batches_sent_total", "Messages those events were sent in.",
          sum.batches_sent);
  text.histogram("waymark_link_batch_frames", "Frames of each of those messages.", sum.batch_frames,
                 1, labels);
  counter("waymark_link_messages_received_total", "Messages received from the upstream.",
          sum.messages_received);
  counter("waymark_link_lost_total", "Times the link was lost.", sum.times_lost);
  counter("waymark_link_failed_total", "Times a try to become ready failed.", sum.times_failed);
  counter("waymark_link_malformed_total", "Messages of the upstream that cannot be read.",
          sum.malformed);
  gauge("waymark_link_outstanding_events", "Events queued or being written.",
        sum.outstanding_events);
  gauge("waymark_link_outstanding_frames",
        "Frames queued, being written, or written and not settled yet.", sum.outstanding_frames);
  gauge("waymark_link_outstanding_bytes", "Encoded bytes queued or being written.",
        sum.outstanding_bytes);
  gauge("waymark_link_window_events", "Outstanding events at which clients are paused.",
        sum.window_events);
  gauge("waymark_link_window_bytes", "Outstanding bytes at which clients are paused.",
        sum.window_bytes);
  gauge("waymark_link_waiting_connections", "Clients paused for want of room on the link.",
        sum.waiting);
}

constexpr std::array<std::string_view, 5> kStates = {"joining", "ready", "unhealthy", "dead",
                                                     "leaving"};

struct Standings {
  std::array<std::size_t, kStates.size()> in_state{};
  std::uint32_t failures = 0;
  std::uint32_t weight = 0;
  std::uint64_t probe_failures = 0;
};

}  // namespace

void add_link_metrics(MetricsText& text, const proxy::WorkerSnapshot& worker) {
  std::map<Place, Links> places;
  for (const UpstreamSnapshot& upstream : worker.upstreams) {
    add(places[{upstream.pool, upstream.address}], upstream);
  }
  const std::string id = std::to_string(worker.worker);
  for (const auto& [place, links] : places) {
    write(text, links, {{"worker", id}, {"pool", place.first}, {"upstream", place.second}});
  }
}

void add_standing_metrics(MetricsText& text, const std::vector<UpstreamStanding>& upstreams) {
  std::map<Place, Standings> places;
  std::set<std::string_view> told;  // an id may be there again while the first one leaves
  for (const UpstreamStanding& upstream : upstreams) {
    Standings& at = places[{upstream.pool, upstream.address}];
    const auto* const state = std::find(kStates.begin(), kStates.end(), upstream.state);
    if (state != kStates.end()) ++at.in_state[static_cast<std::size_t>(state - kStates.begin())];
    at.failures = std::max(at.failures, upstream.failures);
    at.weight += upstream.weight;
    at.probe_failures += upstream.probe_failures;
    if (!told.insert(upstream.id).second) continue;
    text.gauge("waymark_upstream_info",
               "Always 1; who added the upstream and what it is meant to be.", 1,
               {{"pool", upstream.pool},
                {"upstream", upstream.address},
                {"id", upstream.id},
                {"source", upstream.source},
                {"admin_state", upstream.admin_state}});
  }
  for (const auto& [place, at] : places) {
    for (std::size_t i = 0; i < kStates.size(); ++i) {
      text.gauge("waymark_upstream_state", "1 for the state the upstream is in, 0 for the others.",
                 static_cast<double>(at.in_state[i]),
                 {{"pool", place.first}, {"upstream", place.second}, {"state", kStates[i]}});
    }
    text.gauge("waymark_upstream_consecutive_failures", "Failures of probes and links in a row.",
               at.failures, {{"pool", place.first}, {"upstream", place.second}});
    text.counter("waymark_upstream_probe_failures_total",
                 "Health probes without an answer, or with one that cannot be read.",
                 at.probe_failures, {{"pool", place.first}, {"upstream", place.second}});
    text.gauge("waymark_upstream_weight", "The weight the upstream has now.", at.weight,
               {{"pool", place.first}, {"upstream", place.second}});
  }
}

}  // namespace waymark::admin
