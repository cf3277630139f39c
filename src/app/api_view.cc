#include "app/api_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/config_scalar.h"
#include "app/secret.h"
#include "base/field_error.h"
#include "base/rfc3339.h"
#include "base/status.h"
#include "link/metadata.h"

namespace waymark::app {
namespace {

constexpr std::uint64_t kMsInSecond = 1'000;

std::string time_ago(std::uint64_t ms) {
  return to_rfc3339(std::chrono::system_clock::now() - std::chrono::milliseconds(ms));
}

std::string time_ahead(std::uint64_t ms) {
  return to_rfc3339(std::chrono::system_clock::now() + std::chrono::milliseconds(ms));
}

std::string_view word_of(route::Balance balance) {
  switch (balance) {
    case route::Balance::round_robin:
      return "round_robin";
    case route::Balance::least_connections:
      return "least_connections";
    case route::Balance::mark_hash:
      return "mark_hash";
  }
  return "round_robin";
}

std::string_view word_of(frame::Kind kind) {
  switch (kind) {
    case frame::Kind::raw:
      return "raw";
    case frame::Kind::line:
      return "line";
    case frame::Kind::delimiter:
      return "delimiter";
    case frame::Kind::fixed:
      return "fixed";
    case frame::Kind::length_prefix:
      return "length_prefix";
    case frame::Kind::start_stop:
      return "start_stop";
    case frame::Kind::by_start:
      return "switch";
  }
  return "raw";
}

const UpstreamView* find(const std::vector<UpstreamView>& upstreams, std::uint32_t index) {
  const auto at = std::find_if(upstreams.begin(), upstreams.end(),
                               [index](const UpstreamView& view) { return view.index == index; });
  return at == upstreams.end() ? nullptr : &*at;
}

}  // namespace

UpstreamView view_of(const control::Upstream& upstream, std::uint64_t now_ms) {
  UpstreamView view{.index = upstream.index,
                    .configured_weight = upstream.spec.weight,
                    .probe_failures = upstream.probe_failures,
                    .ttl_seconds = upstream.ttl_seconds,
                    .resource = {}};
  api::Upstream& out = view.resource;
  const control::Standing& standing = upstream.life.standing();
  out.set_id(upstream.id);
  out.set_pool(upstream.spec.pool);
  out.set_address(upstream.spec.address);
  out.set_name(upstream.name.empty() ? upstream.spec.address : upstream.name);
  out.set_source(std::string(name_of(upstream.source)));
  if (standing.state == control::State::ready) {
    view.ready_seconds = (now_ms - standing.since_ms) / kMsInSecond;
  }
  out.set_state(std::string(name_of(standing.state)));
  out.set_admin_state(std::string(name_of(standing.admin_state)));
  out.set_weight(upstream.weight());
  out.set_weight_percent(standing.weight_percent);
  out.set_protocol(upstream.spec.protocol);
  out.set_problem(standing.problem);
  out.set_health(standing.health);
  out.set_state_since(time_ago(now_ms - standing.since_ms));
  out.set_failures(static_cast<std::uint32_t>(standing.failures));
  if (upstream.source == control::Source::lease && !upstream.leaving &&
      upstream.lease_until_ms > now_ms) {
    out.set_lease_expires_at(time_ahead(upstream.lease_until_ms - now_ms));
  }
  for (const auto& [key, value] : upstream.spec.metadata) {
    (*out.mutable_metadata())[key] = shown_value(key, value);
  }
  return view;
}

void add_links(UpstreamView& view, const proxy::ProxySnapshot& snapshot) {
  for (const proxy::WorkerSnapshot& worker : snapshot.workers) {
    for (const proxy::UpstreamSnapshot& link : worker.upstreams) {
      if (link.index != view.index) continue;
      api::Link& out = *view.resource.add_links();
      out.set_worker(static_cast<std::uint32_t>(worker.worker));
      out.set_state(std::string(link.state));
      out.set_connections(link.connections);
      out.set_waiting_connections(link.waiting);
      out.set_outstanding_frames(link.outstanding_frames);
      out.set_outstanding_bytes(link.outstanding_bytes);
      out.set_frames_sent(link.frames_sent);
      out.set_batches_sent(link.batches_sent);
      out.set_messages_received(link.messages_received);
      out.set_times_lost(link.times_lost);
      out.set_times_failed(link.times_failed);
      out.set_problem(link.problem);
      view.resource.set_connections(view.resource.connections() + link.connections);
    }
  }
}

api::Listener view_of(const proxy::ListenerSnapshot& snapshot,
                      const proxy::ListenerSettings& settings) {
  api::Listener out;
  out.set_name(snapshot.name);
  out.set_address(snapshot.address);
  out.set_pool(settings.pool);
  out.set_framing(std::string(word_of(settings.framing.kind)));
  out.set_accepted(snapshot.accepted);
  out.set_paused_at_cap(snapshot.paused_at_cap);
  out.set_paused_without_descriptors(snapshot.paused_without_fds);
  out.set_failed(snapshot.failed);
  return out;
}

api::Pool view_of(const proxy::PoolSettings& settings, std::size_t slot,
                  const proxy::ProxySnapshot& snapshot,
                  const std::vector<UpstreamView>& upstreams) {
  api::Pool out;
  out.set_name(settings.name);
  out.set_balance(std::string(word_of(settings.balance)));
  out.set_tls(settings.tls.has_value());
  for (const UpstreamView& view : upstreams) {
    if (view.resource.pool() != settings.name) continue;
    out.set_upstreams(out.upstreams() + 1);
    const bool takes = view.resource.state() == "ready" && view.resource.admin_state() == "ready";
    if (takes) out.set_upstreams_ready(out.upstreams_ready() + 1);
  }
  for (const proxy::WorkerSnapshot& worker : snapshot.workers) {
    if (slot >= worker.pools.size()) continue;  // it has not heard of the pool yet
    out.set_held_connections(out.held_connections() + worker.pools[slot].held);
    out.set_stranded_frames(out.stranded_frames() + worker.pools[slot].stranded_frames);
    for (const proxy::UpstreamSnapshot& link : worker.upstreams) {
      if (link.pool == settings.name) out.set_connections(out.connections() + link.connections);
    }
  }
  return out;
}

api::Connection view_of(const proxy::ConnectionSnapshot& snapshot, const proxy::Layout& layout,
                        const std::vector<UpstreamView>& upstreams) {
  const proxy::ListenerContext& listener = layout.listeners[snapshot.listener];
  api::Connection out;
  out.set_mark(snapshot.mark.to_string());
  out.set_peer(snapshot.peer);
  out.set_local(listener.local);
  out.set_listener(listener.settings->name);
  out.set_pool(layout.pools[snapshot.pool].settings->name);
  out.set_worker(static_cast<std::uint32_t>(snapshot.worker));
  if (snapshot.upstream) {
    if (const UpstreamView* upstream = find(upstreams, *snapshot.upstream)) {
      out.set_upstream(upstream->resource.id());
      out.set_upstream_address(upstream->resource.address());
    }
  }
  out.set_state(snapshot.active ? "active" : "inactive");
  out.set_opened_at(time_ago(snapshot.open_for_ms));
  if (snapshot.last_frame_ms_ago) out.set_last_frame_at(time_ago(*snapshot.last_frame_ms_ago));
  out.set_frames_up(snapshot.frames_up);
  out.set_frames_down(snapshot.frames_down);
  out.set_bytes_up(snapshot.bytes_up);
  out.set_bytes_down(snapshot.bytes_down);
  out.set_queued_bytes(snapshot.queued_bytes);
  out.set_outstanding_bytes(snapshot.outstanding_bytes);
  out.set_outstanding_events(snapshot.outstanding_events);
  out.set_epoch(snapshot.epoch);
  out.set_mark_source(std::string(identity::name_of(snapshot.identity.source)));
  out.set_trust(std::string(identity::name_of(snapshot.identity.trust)));
  out.set_incarnation(snapshot.incarnation);
  out.set_key(snapshot.identity.key);
  out.set_up_ended(snapshot.up_ended);
  out.set_paused(snapshot.paused);
  return out;
}

api::Presence presence_of(const proxy::ConnectionSnapshot& snapshot) {
  api::Presence out;
  for (const std::string& name : snapshot.names) out.add_names(name);
  for (const std::string& group : snapshot.groups) out.add_groups(group);
  for (const auto& [key, value] : snapshot.attributes) (*out.mutable_attributes())[key] = value;
  return out;
}

api::ConnectionLedger ledger_of(const proxy::LedgerSnapshot& snapshot) {
  api::ConnectionLedger out;
  out.set_acks(snapshot.acks);
  out.set_last_acked(snapshot.last_acked);
  for (const proxy::LedgerLine& line : snapshot.lines) {
    api::LedgerEntry& entry = *out.add_entries();
    entry.set_delivery(line.delivery);
    entry.set_seq(line.seq);
    entry.set_attempts(line.attempts);
    entry.set_bytes(line.bytes);
    if (line.received_at != 0) entry.set_received_at(to_rfc3339(line.received_at));
  }
  return out;
}

api::UpstreamHistory history_of(const control::Upstream& upstream, std::uint64_t now_ms) {
  api::UpstreamHistory out;
  for (const control::StateChange& change : upstream.life.history()) {
    api::UpstreamStateChange& one = *out.add_changes();
    one.set_at(time_ago(now_ms - change.at_ms));
    one.set_state(std::string(name_of(change.state)));
    one.set_problem(change.problem);
  }
  return out;
}

void add_overrides(const UpstreamView& view, api::ConfigDiff& diff) {
  const api::Upstream& upstream = view.resource;
  const std::string path =
      fmt::format("pools[{}].upstreams[{}]", upstream.pool(), upstream.address());
  const auto add = [&](std::string_view field, const std::string& file,
                       const std::string& running) {
    api::ConfigDifference& one = *diff.add_differences();
    one.set_path(field.empty() ? path : fmt::format("{}.{}", path, field));
    one.set_file(file);
    one.set_running(running);
    one.set_persisted(true);
  };
  if (upstream.state() == "leaving") return;
  if (upstream.source() == "api" || upstream.source() == "lease") {
    add("", "", fmt::format("{} ({})", upstream.id(), upstream.source()));
  } else if (upstream.weight() != view.configured_weight) {
    add("weight", std::to_string(view.configured_weight), std::to_string(upstream.weight()));
  }
  if (upstream.admin_state() != "ready") add("admin_state", "ready", upstream.admin_state());
}

api::Registration registration_of(const api::Upstream& upstream, std::uint32_t ttl_seconds) {
  api::Registration out;
  out.set_id(upstream.id());
  out.set_pool(upstream.pool());
  out.set_address(upstream.address());
  out.set_ttl_seconds(ttl_seconds);
  out.set_expires_at(upstream.lease_expires_at());
  return out;
}

absl::StatusOr<control::UpstreamSpec> spec_of(const std::string& pool, const std::string& address,
                                              std::uint32_t weight, const std::string& protocol,
                                              bool insecure, control::Metadata metadata) {
  const auto endpoint = parse_host_port(address);
  if (!endpoint.ok()) {
    return field_error("address", "{}", message_of(endpoint.status()));
  }
  if (const std::string problem = link::problem_of(metadata); !problem.empty()) {
    return field_error("metadata", "{}", problem);
  }
  return control::UpstreamSpec{.pool = pool,
                               .address = endpoint->to_string(),
                               .weight = weight == 0 ? 1 : weight,
                               .protocol = protocol.empty() ? "auto" : protocol,
                               .insecure = insecure,
                               .metadata = std::move(metadata)};
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

}  // namespace waymark::app
