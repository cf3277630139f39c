#include "admin/proxy_metrics.h"

#include <array>

#include "admin/metrics_text.h"
#include "waymark/close_reason.h"
#include "wire/lifecycle.h"

namespace waymark::admin {
namespace {

using proxy::Counters;
using proxy::ListenerSnapshot;
using proxy::UpstreamSnapshot;
using proxy::WorkerSnapshot;

void add_connections(MetricsText& text, const WorkerSnapshot& worker, std::string_view id) {
  const Counters& counters = worker.counters;
  text.gauge("waymark_downstream_connections", "Open client connections.",
             static_cast<double>(worker.connections), {{"worker", id}});
  text.gauge("waymark_downstream_connections_held", "Client connections without a ready upstream.",
             static_cast<double>(worker.held), {{"worker", id}});
  text.counter("waymark_downstream_connections_opened_total", "Client connections taken over.",
               counters.opened, {{"worker", id}});
  for (std::size_t i = 1; i < kCloseReasons; ++i) {
    const auto reason = static_cast<CloseReason>(i);
    if (reason == CloseReason::moved || reason == CloseReason::taken_over) continue;
    text.counter("waymark_downstream_connections_closed_total",
                 "Client connections ended, by reason.", counters.closed[i],
                 {{"worker", id}, {"reason", name_of(reason)}});
  }
  text.counter("waymark_downstream_connections_moved_total",
               "Times a connection was given to another upstream.", counters.moved,
               {{"worker", id}});
}

void add_frames(MetricsText& text, const WorkerSnapshot& worker, std::string_view id) {
  const Counters& counters = worker.counters;
  text.counter("waymark_downstream_frames_total",
               "Frames read from (up) and given to (down) clients.", counters.frames_up,
               {{"worker", id}, {"direction", "up"}});
  text.counter("waymark_downstream_frames_total", "", counters.frames_down,
               {{"worker", id}, {"direction", "down"}});
  text.counter("waymark_downstream_bytes_total", "Payload bytes of those frames.",
               counters.bytes_up, {{"worker", id}, {"direction", "up"}});
  text.counter("waymark_downstream_bytes_total", "", counters.bytes_down,
               {{"worker", id}, {"direction", "down"}});
  text.gauge("waymark_frames_stranded", "Frames that wait for an upstream to become ready.",
             static_cast<double>(worker.stranded_frames), {{"worker", id}});
  constexpr std::string_view kDiscarded = "waymark_frames_discarded_total";
  text.counter(kDiscarded, "Frames read and not delivered, by reason.",
               counters.frames_discarded_in_doubt, {{"worker", id}, {"reason", "in_doubt"}});
  text.counter(kDiscarded, "", counters.frames_discarded_too_large,
               {{"worker", id}, {"reason", "too_large_for_upstream"}});
  text.counter(kDiscarded, "", counters.frames_discarded_at_exit,
               {{"worker", id}, {"reason", "exit"}});
  text.counter("waymark_frames_redelivered_total",
               "Frames written again after their link was lost.", counters.frames_redelivered,
               {{"worker", id}});
  text.counter("waymark_downstream_input_discarded_bytes_total",
               "Bytes of unfinished frames and of input read while ending a connection.",
               counters.input_discarded_bytes, {{"worker", id}});
  text.counter("waymark_downstream_reads_paused_total",
               "Times reading from a client was paused, by what was short.", counters.reads_paused,
               {{"worker", id}, {"cause", "window"}});
  text.counter("waymark_downstream_reads_paused_total", "", counters.reads_paused_for_memory,
               {{"worker", id}, {"cause", "memory"}});
}

void add_commands(MetricsText& text, const WorkerSnapshot& worker, std::string_view id) {
  const Counters& counters = worker.counters;
  for (std::size_t i = 1; i < wire::kRefusals; ++i) {
    text.counter("waymark_commands_refused_total",
                 "Commands of upstreams that were not carried out, by reason.", counters.refused[i],
                 {{"worker", id}, {"reason", wire::name_of(static_cast<wire::Refusal>(i))}});
  }
  text.counter("waymark_commands_ignored_total",
               "Commands this version does not understand, or without a target.",
               counters.commands_ignored, {{"worker", id}});
  text.counter("waymark_commands_forwarded_total",
               "Commands passed on to the worker that may have the mark.",
               counters.commands_forwarded, {{"worker", id}});
}

void add_upstream(MetricsText& text, const UpstreamSnapshot& upstream, std::string_view id) {
  const auto labels = [&](auto&& add) {
    add({{"worker", id}, {"pool", upstream.pool}, {"upstream", upstream.address}});
  };
  const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    labels([&](MetricsText::Labels given) { text.counter(name, help, value, given); });
  };
  const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
    labels([&](MetricsText::Labels given) {
      text.gauge(name, help, static_cast<double>(value), given);
    });
  };
  gauge("waymark_upstream_ready", "1 while the link is ready.", upstream.state == "ready" ? 1 : 0);
  gauge("waymark_upstream_connections", "Client connections served by the upstream.",
        upstream.connections);
  counter("waymark_link_events_sent_total", "Events of completed writes.", upstream.events_sent);
  counter("waymark_link_frames_sent_total", "Frames among those events.", upstream.frames_sent);
  counter("waymark_link_batches_sent_total", "Messages those events were sent in.",
          upstream.batches_sent);
  counter("waymark_link_bytes_sent_total", "Encoded bytes of those events.", upstream.bytes_sent);
  counter("waymark_link_messages_received_total", "Messages received from the upstream.",
          upstream.messages_received);
  counter("waymark_link_lost_total", "Times the link was lost.", upstream.times_lost);
  counter("waymark_link_failed_total", "Times a try to become ready failed.",
          upstream.times_failed);
  counter("waymark_link_malformed_total", "Messages of the upstream that cannot be read.",
          upstream.malformed);
  gauge("waymark_link_outstanding_events", "Events queued or being written.",
        upstream.outstanding_events);
  gauge("waymark_link_outstanding_frames", "Frames queued or being written.",
        upstream.outstanding_frames);
  gauge("waymark_link_outstanding_bytes", "Encoded bytes queued or being written.",
        upstream.outstanding_bytes);
  gauge("waymark_link_waiting_connections", "Clients paused for want of room on the link.",
        upstream.waiting);
}

void add_standing(MetricsText& text, const UpstreamStanding& upstream) {
  constexpr std::array<std::string_view, 5> kStates = {"joining", "ready", "unhealthy", "dead",
                                                       "leaving"};
  for (const std::string_view state : kStates) {
    text.gauge("waymark_upstream_state", "1 for the state the upstream is in, 0 for the others.",
               upstream.state == state ? 1 : 0,
               {{"pool", upstream.pool}, {"upstream", upstream.address}, {"state", state}});
  }
  text.gauge("waymark_upstream_info",
             "Always 1; who added the upstream and what it is meant to be.", 1,
             {{"pool", upstream.pool},
              {"upstream", upstream.address},
              {"source", upstream.source},
              {"admin_state", upstream.admin_state}});
  text.gauge("waymark_upstream_failures", "Failures of probes and links in a row.",
             upstream.failures, {{"pool", upstream.pool}, {"upstream", upstream.address}});
  text.gauge("waymark_upstream_weight", "The weight the upstream has now.", upstream.weight,
             {{"pool", upstream.pool}, {"upstream", upstream.address}});
}

void add_listener(MetricsText& text, const ListenerSnapshot& listener) {
  text.counter("waymark_listener_accepted_total", "Connections accepted.", listener.accepted,
               {{"listener", listener.name}});
  text.counter("waymark_listener_paused_total",
               "Times accepting paused while clients waited in the backlog, by cause.",
               listener.paused_at_cap, {{"listener", listener.name}, {"cause", "max_connections"}});
  text.counter("waymark_listener_paused_total", "", listener.paused_without_fds,
               {{"listener", listener.name}, {"cause", "descriptors"}});
  text.counter("waymark_listener_failed_total", "Accepts that failed for one client.",
               listener.failed, {{"listener", listener.name}});
}

}  // namespace

std::string proxy_metrics(const proxy::ProxySnapshot& snapshot, const ProgramFacts& facts) {
  MetricsText text;
  text.gauge("waymark_build_info", "Always 1.", 1, {{"version", facts.version}});
  text.gauge("waymark_memory_used_bytes", "What counts towards max_memory.",
             static_cast<double>(snapshot.memory_used));
  text.gauge("waymark_memory_limit_bytes", "max_memory.",
             static_cast<double>(snapshot.memory_limit));
  text.gauge("waymark_max_connections", "Most client connections at a time.",
             static_cast<double>(snapshot.max_connections));
  text.counter("waymark_log_lines_dropped_total", "Log lines dropped because nobody read them.",
               facts.log_lines_dropped);
  for (const ListenerSnapshot& listener : snapshot.listeners) add_listener(text, listener);
  for (const UpstreamStanding& upstream : facts.upstreams) add_standing(text, upstream);
  for (const WorkerSnapshot& worker : snapshot.workers) {
    const std::string id = std::to_string(worker.worker);
    add_connections(text, worker, id);
    add_frames(text, worker, id);
    add_commands(text, worker, id);
    for (const UpstreamSnapshot& upstream : worker.upstreams) add_upstream(text, upstream, id);
  }
  return std::move(text).finish();
}

}  // namespace waymark::admin
