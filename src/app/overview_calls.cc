#include "app/overview_calls.h"

#include <unistd.h>

#include <utility>

#include "app/api_view.h"
#include "app/overview_view.h"
#include "app/version.h"
#include "base/rfc3339.h"
#include "base/status.h"

namespace waymark::app {
namespace {

constexpr std::chrono::milliseconds kSnapshotTimeout{1'000};

}  // namespace

OverviewCalls::OverviewCalls(const RunningConfig& running, const std::string& config_path,
                             proxy::Proxy& proxy, ControlPlane& plane,
                             const ReadinessGate& readiness, const DeadLetters& letters)
    : running_(running),
      config_path_(config_path),
      proxy_(proxy),
      plane_(plane),
      readiness_(readiness),
      letters_(letters),
      started_at_(to_rfc3339(std::chrono::system_clock::now())) {}

absl::StatusOr<api::Info> OverviewCalls::info() const {
  return info_of(proxy_.snapshot(kSnapshotTimeout));
}

api::Info OverviewCalls::info_of(const proxy::ProxySnapshot& snapshot) const {
  const admin::Readiness readiness = readiness_.look();
  const ConfigPtr config = running_.get();
  api::Info info;
  info.set_version(std::string(kVersion));
  info.set_proxy_id(config->proxy.proxy_id);
  info.set_boot_id(to_hex(proxy_.boot_id()));
  info.set_pid(static_cast<std::uint32_t>(getpid()));
  info.set_started_at(started_at_);
  info.set_workers(static_cast<std::uint32_t>(proxy_.workers()));
  info.set_ready(readiness.ready);
  info.set_not_ready_reason(readiness.ready ? "" : readiness.reason);
  info.set_draining(readiness_.draining());
  info.set_max_connections(snapshot.max_connections);
  info.set_memory_used_bytes(snapshot.memory_used);
  info.set_memory_limit_bytes(snapshot.memory_limit);
  info.set_config_file(config_path_);
  if (const auto& lab = config->admin.lab) info.set_lab(lab->to_string());
  for (const proxy::WorkerSnapshot& worker : snapshot.workers) {
    info.set_connections(info.connections() + worker.connections);
    info.set_held_connections(info.held_connections() + worker.held);
  }
  return info;
}

absl::StatusOr<api::Overview> OverviewCalls::overview() const {
  const proxy::ProxySnapshot snapshot = proxy_.snapshot(kSnapshotTimeout);
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  api::Overview out;
  out.set_at(to_rfc3339(std::chrono::system_clock::now()));
  out.set_uptime_ms(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::steady_clock::now() - begun_)
                                     .count()));
  *out.mutable_info() = info_of(snapshot);
  out.set_dead_letters(letters_.counts().stored);
  *out.mutable_listeners() = std::move(*listeners_of(snapshot).mutable_listeners());
  *out.mutable_pools() = std::move(*pools_of(snapshot, *upstreams).mutable_pools());
  add_workers(out, snapshot, *proxy_.layout());
  add_upstreams(out, snapshot, *std::move(upstreams));
  return out;
}

absl::StatusOr<api::ListenerList> OverviewCalls::listeners() const {
  return listeners_of(proxy_.snapshot(kSnapshotTimeout));
}

api::ListenerList OverviewCalls::listeners_of(const proxy::ProxySnapshot& snapshot) const {
  api::ListenerList list;
  const proxy::LayoutPtr layout = proxy_.layout();
  for (const proxy::ListenerContext& listener : layout->listeners) {
    if (!listener.open || listener.index >= snapshot.listeners.size()) continue;
    *list.add_listeners() = view_of(snapshot.listeners[listener.index], *listener.settings);
  }
  return list;
}

absl::StatusOr<api::PoolList> OverviewCalls::pools() const {
  const proxy::ProxySnapshot snapshot = proxy_.snapshot(kSnapshotTimeout);
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  return pools_of(snapshot, *upstreams);
}

api::PoolList OverviewCalls::pools_of(const proxy::ProxySnapshot& snapshot,
                                      const std::vector<UpstreamView>& upstreams) const {
  api::PoolList list;
  const proxy::LayoutPtr layout = proxy_.layout();
  for (std::size_t slot = 0; slot < layout->pools.size(); ++slot) {
    const proxy::PoolContext& pool = layout->pools[slot];
    // One that is gone is shown as long as it serves someone.
    if (!pool.configured && proxy_.pool_empty(slot)) continue;
    *list.add_pools() = view_of(*pool.settings, slot, snapshot, upstreams);
  }
  return list;
}

absl::StatusOr<api::Pool> OverviewCalls::pool(const std::string& name) const {
  auto list = pools();
  if (!list.ok()) return list.status();
  for (api::Pool& pool : *list->mutable_pools()) {
    if (pool.name() == name) return std::move(pool);
  }
  return error(absl::StatusCode::kNotFound, "there is no pool '{}'", name);
}

}  // namespace waymark::app
