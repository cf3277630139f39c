#include "admin/proxy_metrics.h"

#include <array>
#include <utility>

#include "admin/metrics_text.h"
#include "waymark/close_reason.h"
#include "wire/lifecycle.h"

namespace waymark::admin {
namespace {

using proxy::Counters;
using proxy::ListenerSnapshot;
using proxy::ListenerTraffic;
using proxy::PoolCounts;
using proxy::WorkerSnapshot;

constexpr double kNanoseconds = 1e9;

void add_program(MetricsText& text, const proxy::ProxySnapshot& snapshot,
                 const ProgramFacts& facts) {
  text.gauge("waymark_build_info", "Always 1.", 1, {{"version", facts.version}});
  text.gauge("waymark_ready", "1 while /readyz says so.", facts.ready ? 1 : 0);
  text.gauge("waymark_draining", "1 from SIGTERM to the end.", facts.draining ? 1 : 0);
  text.gauge("waymark_workers", "Worker threads.", static_cast<double>(snapshot.worker_count));
  text.gauge("waymark_workers_silent",
             "Workers that did not answer within a second, and are missing in this scrape.",
             static_cast<double>(snapshot.worker_count - snapshot.workers.size()));
  text.gauge("waymark_memory_used_bytes", "What counts towards max_memory.",
             static_cast<double>(snapshot.memory_used));
  text.gauge("waymark_memory_limit_bytes", "max_memory.",
             static_cast<double>(snapshot.memory_limit));
  text.gauge("waymark_max_connections", "Most client connections at a time.",
             static_cast<double>(snapshot.max_connections));
  text.gauge("waymark_proxy_headers_awaited", "Connections whose PROXY header has not come yet.",
             static_cast<double>(snapshot.waiting_for_header));
  static constexpr std::array<std::string_view, proxy::kProxyHeaderResults> kResults = {
      "accepted", "untrusted", "malformed", "ended", "late"};
  for (std::size_t i = 0; i < kResults.size(); ++i) {
    text.counter("waymark_proxy_headers_total",
                 "Connections to listeners that want a PROXY header, by what became of it.",
                 snapshot.proxy_headers[i], {{"result", kResults[i]}});
  }
  text.gauge("waymark_tls_handshakes_in_flight", "TLS handshakes of clients that have begun.",
             static_cast<double>(snapshot.tls_handshakes));
  text.counter("waymark_log_lines_dropped_total", "Log lines dropped because nobody read them.",
               facts.log_lines_dropped);
}

void add_presence(MetricsText& text, const proxy::PresenceCounts& counts) {
  text.gauge("waymark_names", "Names that upstreams have given to client connections.",
             static_cast<double>(counts.names));
  text.gauge("waymark_groups", "Groups that client connections are in.",
             static_cast<double>(counts.groups));
  text.gauge("waymark_group_members", "Members of all groups, each connection once a group.",
             static_cast<double>(counts.group_members));
}

void add_marks(MetricsText& text, const proxy::MarkCounts& counts) {
  text.gauge("waymark_marks", "Marks derived from a key: of connections, and of those that ended.",
             static_cast<double>(counts.held), {{"state", "held"}});
  text.gauge("waymark_marks", "", static_cast<double>(counts.remembered),
             {{"state", "remembered"}});
}

void add_listener(MetricsText& text, const ListenerSnapshot& listener) {
  text.counter("waymark_listener_accepted_total", "Connections accepted.", listener.accepted,
               {{"listener", listener.name}});
  text.counter("waymark_listener_paused_total",
               "Times accepting paused while clients waited in the backlog, by cause.",
               listener.paused_at_cap, {{"listener", listener.name}, {"cause", "max_connections"}});
  text.counter("waymark_listener_paused_total", "", listener.paused_for_rate,
               {{"listener", listener.name}, {"cause", "max_new_per_second"}});
  text.counter("waymark_listener_paused_total", "", listener.paused_without_fds,
               {{"listener", listener.name}, {"cause", "descriptors"}});
  text.counter("waymark_listener_failed_total", "Accepts that failed for one client.",
               listener.failed, {{"listener", listener.name}});
  text.counter("waymark_listener_refused_total",
               "Connections closed at once because of their source, by the limit it had reached.",
               listener.gate.refused_per_source,
               {{"listener", listener.name}, {"reason", "max_connections_per_source"}});
  text.counter("waymark_listener_refused_total", "", listener.gate.refused_per_prefix,
               {{"listener", listener.name}, {"reason", "max_connections_per_prefix"}});
  text.counter("waymark_listener_refused_total", "", listener.gate.refused_too_fast,
               {{"listener", listener.name}, {"reason", "max_new_per_source"}});
  text.gauge("waymark_listener_counted_connections",
             "Open connections that the limits for each source count.",
             static_cast<double>(listener.gate.connections), {{"listener", listener.name}});
  text.gauge("waymark_listener_counted_sources", "Addresses that those come from.",
             static_cast<double>(listener.gate.sources), {{"listener", listener.name}});
}

void add_traffic(MetricsText& text, const ListenerTraffic& traffic, std::string_view worker,
                 std::string_view listener) {
  text.gauge("waymark_downstream_connections", "Open client connections.",
             static_cast<double>(traffic.connections),
             {{"worker", worker}, {"listener", listener}});
  text.counter("waymark_downstream_connections_opened_total", "Client connections taken over.",
               traffic.opened, {{"worker", worker}, {"listener", listener}});
  text.counter("waymark_downstream_frames_total",
               "Frames read from (up) and given to (down) clients.", traffic.frames_up,
               {{"worker", worker}, {"listener", listener}, {"direction", "up"}});
  text.counter("waymark_downstream_frames_total", "", traffic.frames_down,
               {{"worker", worker}, {"listener", listener}, {"direction", "down"}});
  text.counter("waymark_downstream_bytes_total", "Payload bytes of those frames.", traffic.bytes_up,
               {{"worker", worker}, {"listener", listener}, {"direction", "up"}});
  text.counter("waymark_downstream_bytes_total", "", traffic.bytes_down,
               {{"worker", worker}, {"listener", listener}, {"direction", "down"}});
}

void add_pool(MetricsText& text, const PoolCounts& pool, std::string_view worker) {
  text.gauge("waymark_pool_ready_upstreams", "Upstreams that the worker gives connections to.",
             static_cast<double>(pool.ready_upstreams), {{"worker", worker}, {"pool", pool.name}});
  text.gauge("waymark_downstream_connections_held", "Client connections without a ready upstream.",
             static_cast<double>(pool.held), {{"worker", worker}, {"pool", pool.name}});
  text.gauge("waymark_frames_stranded",
             "Frames that wait for an upstream, or for the delay of a refusal.",
             static_cast<double>(pool.stranded_frames), {{"worker", worker}, {"pool", pool.name}});
}

void add_connections(MetricsText& text, const WorkerSnapshot& worker, std::string_view id) {
  const Counters& counters = worker.counters;
  for (std::size_t i = 1; i < kCloseReasons; ++i) {
    const auto reason = static_cast<CloseReason>(i);
    if (reason == CloseReason::moved) continue;
    text.counter("waymark_downstream_connections_closed_total",
                 "Client connections ended, by reason.", counters.closed[i],
                 {{"worker", id}, {"reason", name_of(reason)}});
  }
  text.gauge("waymark_downstream_connections_arriving",
             "Connections whose mark is not known yet: nothing is read from them.",
             static_cast<double>(worker.arriving), {{"worker", id}});
  for (std::size_t i = 0; i < identity::kSources; ++i) {
    const auto source = static_cast<identity::Source>(i);
    text.counter(
        "waymark_downstream_connections_identified_total",
        "Connections of listeners with identity rules, by the source of their mark; random "
        "where no rule has found a key, upstream where one has told it.",
        counters.identified[i], {{"worker", id}, {"source", identity::name_of(source)}});
  }
  text.gauge("waymark_tls_handshakes_waiting",
             "Clients that wait for their turn, because max_tls_handshakes are in flight.",
             static_cast<double>(worker.tls_waiting), {{"worker", id}});
  static constexpr std::array<std::string_view, proxy::kTlsHandshakeResults> kHandshakes = {
      "accepted", "untrusted", "failed", "ended", "late"};
  for (std::size_t i = 0; i < kHandshakes.size(); ++i) {
    text.counter("waymark_tls_handshakes_total",
                 "TLS handshakes of clients, by what became of them.", counters.tls_handshakes[i],
                 {{"worker", id}, {"result", kHandshakes[i]}});
  }
  text.counter("waymark_downstream_connections_moved_total",
               "Times a connection was given to another upstream.", counters.moved,
               {{"worker", id}});
  text.gauge("waymark_downstream_queued_connections",
             "Clients that do not take their output as fast as it comes.",
             static_cast<double>(worker.queued_connections), {{"worker", id}});
  text.gauge("waymark_downstream_queued_bytes",
             "Output waiting for them in the proxy, without what their sockets hold.",
             static_cast<double>(worker.queued_bytes), {{"worker", id}});
  text.counter("waymark_downstream_input_discarded_bytes_total",
               "Bytes of unfinished frames and of input read while ending a connection.",
               counters.input_discarded_bytes, {{"worker", id}});
  text.counter("waymark_downstream_input_skipped_bytes_total",
               "Bytes left out between frames (on_malformed: resync).",
               counters.input_skipped_bytes, {{"worker", id}});
  text.counter("waymark_downstream_reads_paused_total",
               "Times reading from a client was paused, by what was short.", counters.reads_paused,
               {{"worker", id}, {"cause", "window"}});
  text.counter("waymark_downstream_reads_paused_total", "", counters.reads_paused_for_memory,
               {{"worker", id}, {"cause", "memory"}});
  text.counter("waymark_downstream_reads_paused_total", "", counters.reads_paused_for_bytes,
               {{"worker", id}, {"cause", "max_bytes_per_second"}});
  text.counter("waymark_downstream_reads_paused_total", "", counters.reads_paused_for_frames,
               {{"worker", id}, {"cause", "max_frames_per_second"}});
}

void add_frames(MetricsText& text, const WorkerSnapshot& worker, std::string_view id) {
  const Counters& counters = worker.counters;
  text.counter(
      "waymark_frames_sent_total",
      "Frames that upstreams have acked, or that were written to those that do not ack; those "
      "removed since then included.",
      worker.frames_sent, {{"worker", id}});
  const auto discarded = [&](std::string_view reason, std::uint64_t frames) {
    text.counter("waymark_frames_discarded_total", "Frames read and not delivered, by reason.",
                 frames, {{"worker", id}, {"reason", reason}});
  };
  discarded("in_doubt", counters.frames_discarded_in_doubt);
  discarded("too_large_for_upstream", counters.frames_discarded_too_large);
  discarded("unanswered", counters.frames_discarded_unanswered);
  discarded("link_ended", worker.frames_dropped);
  discarded("exit", counters.frames_discarded_at_exit);
  text.counter("waymark_reply_timeouts_total", "Frames without an answer within reply_timeout.",
               counters.reply_timeouts, {{"worker", id}});
  text.counter("waymark_frames_given_up_total",
               "Frames refused for good, or lost with max_attempts upstreams one after the other.",
               counters.frames_given_up, {{"worker", id}});
  text.counter("waymark_frames_redelivered_total",
               "Frames written again after their link was lost.", counters.frames_redelivered,
               {{"worker", id}});
  text.counter("waymark_frames_copied_total",
               "Copies of frames, beyond the first, for pools that dispatch to all.",
               counters.frames_copied, {{"worker", id}});
  text.counter("waymark_frames_copies_dropped_total",
               "Copies that were lost with a link, of frames that others have.",
               counters.frames_copies_dropped, {{"worker", id}});
  text.counter("waymark_frames_replayed_total", "Dead letters given to an upstream again.",
               counters.frames_replayed, {{"worker", id}});
}

void add_times(MetricsText& text, const WorkerSnapshot& worker, std::string_view id) {
  constexpr std::string_view kName = "waymark_proxy_seconds";
  text.histogram(kName,
                 "Time in the proxy. Up: of each batch, from reading its first frame to the end of "
                 "its write. Down: of each message, from receiving it to having given its payloads "
                 "to clients.",
                 worker.up, kNanoseconds, {{"worker", id}, {"direction", "up"}});
  text.histogram(kName, "", worker.down, kNanoseconds, {{"worker", id}, {"direction", "down"}});
  text.histogram("waymark_loop_lag_seconds",
                 "How late the worker came to its tick, which is due ten times a second.",
                 worker.counters.loop_lag, kNanoseconds, {{"worker", id}});
}

void add_history(MetricsText& text, const HistoryFacts& facts) {
  text.counter("waymark_history_unwritten_total",
               "Minutes that could not be written to history.db.", facts.unwritten_minutes);
  text.gauge("waymark_history_upstreams_left_out",
             "Upstreams without a history, since it is kept of 64 at most.",
             static_cast<double>(facts.upstreams_left_out));
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

}  // namespace

std::string proxy_metrics(const proxy::ProxySnapshot& snapshot, const ProgramFacts& facts) {
  MetricsText text;
  add_program(text, snapshot, facts);
  add_presence(text, snapshot.presence);
  add_marks(text, snapshot.marks);
  for (const ListenerSnapshot& listener : snapshot.listeners) add_listener(text, listener);
  add_request_metrics(text, facts.requests);
  add_dead_letter_metrics(text, facts.dead_letters);
  add_history(text, facts.history);
  add_standing_metrics(text, facts.upstreams);
  for (const WorkerSnapshot& worker : snapshot.workers) {
    const std::string id = std::to_string(worker.worker);
    const auto& traffic = worker.counters.listeners;
    for (std::size_t i = 0; i < traffic.size() && i < snapshot.listeners.size(); ++i) {
      add_traffic(text, traffic[i], id, snapshot.listeners[i].name);
    }
    for (const PoolCounts& pool : worker.pools) add_pool(text, pool, id);
    add_connections(text, worker, id);
    add_frames(text, worker, id);
    add_times(text, worker, id);
    add_commands(text, worker, id);
    add_link_metrics(text, worker);
  }
  return std::move(text).finish();
}

}  // namespace waymark::admin
