#include "app/overview_view.h"

#include <map>
#include <utility>

namespace waymark::app {
namespace {

constexpr std::uint64_t kNsInUs = 1'000;

void fill(api::Times& out, const TimeBuckets& times) {
  for (const std::uint64_t count : times.counts()) out.add_counts(count);
  out.set_sum_us(times.sum() / kNsInUs);
}

void add_listener(api::Worker& out, const std::string& name, const proxy::ListenerTraffic& from) {
  api::ListenerTraffic& traffic = *out.add_listeners();
  traffic.set_listener(name);
  traffic.set_connections(from.connections);
  traffic.set_frames_up(from.frames_up);
  traffic.set_frames_down(from.frames_down);
  traffic.set_bytes_up(from.bytes_up);
  traffic.set_bytes_down(from.bytes_down);
}

void add_pool(api::Worker& out, const std::string& name, const proxy::WorkerSnapshot& worker) {
  api::PoolTraffic& traffic = *out.add_pools();
  traffic.set_pool(name);
  for (const proxy::UpstreamSnapshot& link : worker.upstreams) {
    if (link.pool != name) continue;
    traffic.set_connections(traffic.connections() + link.connections);
    traffic.set_outstanding_frames(traffic.outstanding_frames() + link.outstanding_frames);
    traffic.set_frames_sent(traffic.frames_sent() + link.frames_sent);
    traffic.set_messages_received(traffic.messages_received() + link.messages_received);
  }
}

api::Worker view_of(const proxy::WorkerSnapshot& worker) {
  const proxy::Counters& counters = worker.counters;
  api::Worker out;
  out.set_worker(static_cast<std::uint32_t>(worker.worker));
  out.set_connections(worker.connections);
  out.set_held_connections(worker.held);
  out.set_queued_connections(worker.queued_connections);
  out.set_queued_bytes(worker.queued_bytes);
  out.set_frames_discarded(counters.frames_discarded_in_doubt +
                           counters.frames_discarded_too_large +
                           counters.frames_discarded_unanswered +
                           counters.frames_discarded_at_exit + worker.frames_dropped);
  out.set_frames_given_up(counters.frames_given_up);
  out.set_frames_redelivered(counters.frames_redelivered);
  out.set_reads_paused(counters.reads_paused + counters.reads_paused_for_memory +
                       counters.reads_paused_for_bytes + counters.reads_paused_for_frames);
  fill(*out.mutable_up(), worker.up);
  fill(*out.mutable_down(), worker.down);
  fill(*out.mutable_loop_lag(), counters.loop_lag);
  return out;
}

struct Sum {
  api::UpstreamTraffic traffic;
  std::uint64_t connections = 0;
  TimeBuckets answers;
};

std::map<std::uint32_t, Sum> sums_of(const proxy::ProxySnapshot& snapshot) {
  std::map<std::uint32_t, Sum> sums;
  for (const proxy::WorkerSnapshot& worker : snapshot.workers) {
    for (const proxy::UpstreamSnapshot& link : worker.upstreams) {
      Sum& sum = sums[link.index];
      api::UpstreamTraffic& out = sum.traffic;
      sum.connections += link.connections;
      sum.answers.add(link.answers);
      out.set_links(out.links() + 1);
      out.set_links_ready(out.links_ready() + (link.state == "ready" ? 1 : 0));
      out.set_waiting_connections(out.waiting_connections() + link.waiting);
      out.set_outstanding_frames(out.outstanding_frames() + link.outstanding_frames);
      out.set_outstanding_bytes(out.outstanding_bytes() + link.outstanding_bytes);
      out.set_frames_sent(out.frames_sent() + link.frames_sent);
      out.set_bytes_sent(out.bytes_sent() + link.bytes_sent);
      out.set_messages_received(out.messages_received() + link.messages_received);
      out.set_errors(out.errors() + link.times_lost + link.times_failed + link.malformed);
    }
  }
  return sums;
}

}  // namespace

void add_workers(api::Overview& out, const proxy::ProxySnapshot& snapshot,
                 const proxy::Layout& layout) {
  for (const std::uint64_t bound : TimeBuckets::kUpperBounds) {
    out.add_time_bounds_us(bound / kNsInUs);
  }
  out.set_workers_silent(
      static_cast<std::uint32_t>(snapshot.worker_count - snapshot.workers.size()));
  for (const proxy::WorkerSnapshot& worker : snapshot.workers) {
    api::Worker& view = *out.add_workers();
    view = view_of(worker);
    for (const proxy::ListenerContext& listener : layout.listeners) {
      const auto& traffic = worker.counters.listeners;
      if (!listener.open || listener.index >= traffic.size()) continue;
      add_listener(view, listener.settings->name, traffic[listener.index]);
    }
    for (const api::Pool& pool : out.pools()) add_pool(view, pool.name(), worker);
  }
}

void add_upstreams(api::Overview& out, const proxy::ProxySnapshot& snapshot,
                   std::vector<UpstreamView> upstreams) {
  std::map<std::uint32_t, Sum> sums = sums_of(snapshot);
  for (UpstreamView& view : upstreams) {
    Sum& sum = sums[view.index];
    view.resource.set_connections(sum.connections);
    api::UpstreamTraffic& traffic = *out.add_traffic();
    traffic = std::move(sum.traffic);
    traffic.set_upstream(view.resource.id());
    traffic.set_errors(traffic.errors() + view.probe_failures);
    fill(*traffic.mutable_answers(), sum.answers);
    *out.add_upstreams() = std::move(view.resource);
  }
}

}  // namespace waymark::app
