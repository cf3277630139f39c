#include "app/upstream_calls.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/api_view.h"
#include "app/named_slot.h"
#include "identity/random_mark.h"

namespace waymark::app {
namespace {

constexpr std::chrono::milliseconds kSnapshotTimeout{1'000};

control::Metadata metadata_of(const google::protobuf::Map<std::string, std::string>& map) {
  control::Metadata metadata(map.begin(), map.end());
  std::sort(metadata.begin(), metadata.end());
  return metadata;
}

}  // namespace

absl::StatusOr<api::UpstreamList> UpstreamCalls::list(const std::string& pool) const {
  if (!pool.empty()) {
    const auto slot = pool_slot(*proxy_.layout(), running_.get()->proxy, pool, "pool");
    if (!slot.ok()) return slot.status();
  }
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  const proxy::ProxySnapshot snapshot = proxy_.snapshot(kSnapshotTimeout);
  const proxy::LayoutPtr layout = proxy_.layout();
  api::UpstreamList list;
  for (const proxy::PoolContext& of : layout->pools) {
    const std::string& name = of.settings->name;
    for (UpstreamView& view : *upstreams) {
      if (view.resource.pool() != name || (!pool.empty() && name != pool)) continue;
      add_links(view, snapshot);
      *list.add_upstreams() = std::move(view.resource);
    }
  }
  return list;
}

absl::StatusOr<api::Upstream> UpstreamCalls::with_links(
    absl::StatusOr<UpstreamView> upstream) const {
  if (!upstream.ok()) return upstream.status();
  add_links(*upstream, proxy_.snapshot(kSnapshotTimeout));
  return std::move(upstream->resource);
}

absl::StatusOr<api::Upstream> UpstreamCalls::show(const std::string& id) const {
  auto view = plane_.upstream(id);
  if (!view.ok()) return view.status();
  auto history = plane_.history(view->resource.id());
  auto upstream = with_links(*std::move(view));
  if (upstream.ok() && history.ok()) *upstream->mutable_history() = *std::move(history);
  return upstream;
}

absl::StatusOr<api::Upstream> UpstreamCalls::add(const api::NewUpstream& upstream) {
  auto spec = spec_of(upstream.pool(), upstream.address(), upstream.weight(), upstream.protocol(),
                      upstream.insecure(), metadata_of(upstream.metadata()));
  if (!spec.ok()) return spec.status();
  return with_links(plane_.add(identity::RandomMarks().next().to_string(), *std::move(spec)));
}

absl::StatusOr<api::Upstream> UpstreamCalls::change(const std::string& id,
                                                    const api::UpstreamChange& change) {
  control::Control::Wish wish;
  if (change.has_weight()) wish.weight = change.weight();
  if (change.has_admin_state()) wish.admin_state = control::admin_state_of(change.admin_state());
  return with_links(plane_.change(id, wish));
}

absl::StatusOr<api::Upstream> UpstreamCalls::remove(const std::string& id) {
  return with_links(plane_.remove(id));
}

absl::StatusOr<std::pair<api::Registration, bool>> UpstreamCalls::put_registration(
    const std::string& id, const api::NewRegistration& registration) {
  constexpr std::uint32_t kDefaultTtl = 15;
  auto spec = spec_of(registration.pool(), registration.address(), registration.weight(),
                      registration.protocol(), registration.insecure(),
                      metadata_of(registration.metadata()));
  if (!spec.ok()) return spec.status();
  const std::uint32_t ttl =
      registration.ttl_seconds() == 0 ? kDefaultTtl : registration.ttl_seconds();
  auto lease = plane_.put_lease(id, *std::move(spec), ttl);
  if (!lease.ok()) return lease.status();
  return std::pair(registration_of(lease->upstream.resource, ttl), lease->is_new);
}

absl::StatusOr<api::Registration> UpstreamCalls::delete_registration(const std::string& id) {
  auto upstream = plane_.end_lease(id);
  if (!upstream.ok()) return upstream.status();
  return registration_of(upstream->resource, upstream->ttl_seconds);
}

}  // namespace waymark::app
