#include "proxy/layout.h"

#include <algorithm>

#include "base/field_error.h"
#include "base/status.h"

namespace waymark::proxy {
namespace {

session::Ms as_ms(Millis duration) { return static_cast<session::Ms>(duration.count()); }

session::Deadlines deadlines_of(const ListenerSettings& listener, const PoolSettings& pool) {
  return {
      .frame_timeout = as_ms(listener.frame_timeout),
      .idle_timeout = as_ms(listener.idle_timeout),
      .half_close_timeout = as_ms(listener.half_close_timeout),
      .no_upstream_timeout = as_ms(pool.no_upstream_timeout),
      .down_soft_timeout = as_ms(listener.down_soft_timeout),
      .max_age = as_ms(listener.max_age),
      .age_jitter = listener.max_age_jitter,
  };
}

// The place of `name` in `slots`, which grows by one for a new one.
template <typename Context>
absl::StatusOr<Context*> slot_for(std::vector<Context>& slots, const std::string& name,
                                  std::string_view kind) {
  const auto at = std::find_if(slots.begin(), slots.end(),
                               [&](const Context& slot) { return slot.settings->name == name; });
  if (at != slots.end()) return &*at;
  if (slots.size() == Layout::kMostSlots) {
    return error(absl::StatusCode::kResourceExhausted,
                 "{} '{}': there have been {} {}s since the start, more take a restart", kind, name,
                 slots.size(), kind);
  }
  return &slots.emplace_back();
}

absl::StatusOr<link::UpstreamTlsPtr> tls_of(const PoolSettings& pool,
                                            const link::UpstreamTlsPtr& before) {
  if (!pool.tls) return nullptr;
  auto pem = net::read_tls_client(pool.tls->files);
  if (!pem.ok()) {
    return error(pem.status().code(), "pool '{}': {}", pool.name, message_of(pem.status()));
  }
  link::UpstreamTls tls{.ca = std::move(pem->ca),
                        .certificate = std::move(pem->certificate),
                        .key = std::move(pem->key),
                        .server_name = pool.tls->server_name};
  if (before && *before == tls) return before;
  return std::make_shared<const link::UpstreamTls>(std::move(tls));
}

}  // namespace

std::optional<std::size_t> Layout::pool_slot(std::string_view name) const {
  for (std::size_t slot = 0; slot < pools.size(); ++slot) {
    if (pools[slot].configured && pools[slot].settings->name == name) return slot;
  }
  return std::nullopt;
}

std::optional<std::size_t> Layout::any_pool_slot(std::string_view name) const {
  for (std::size_t slot = 0; slot < pools.size(); ++slot) {
    if (pools[slot].settings->name == name) return slot;
  }
  return std::nullopt;
}

std::optional<std::size_t> Layout::any_listener_slot(std::string_view name) const {
  for (const ListenerContext& listener : listeners) {
    if (listener.settings->name == name) return listener.index;
  }
  return std::nullopt;
}

std::size_t Layout::largest_frame(std::size_t pool) const {
  std::size_t largest = 0;
  for (const ListenerContext& listener : listeners) {
    if (listener.pool == pool || std::ranges::count(listener.route_pools, pool) > 0) {
      largest = std::max(largest, listener.settings->framing.max_frame_bytes);
    }
  }
  return largest;
}

const frame::Framing* Framings::keep(const frame::Framing& framing) {
  const auto at = std::find(kept_.begin(), kept_.end(), framing);
  return at != kept_.end() ? &*at : &kept_.emplace_back(framing);
}

absl::StatusOr<Layout> next_layout(const Layout& before, const Settings& settings,
                                   Framings& framings) {
  Layout next = before;
  for (PoolContext& pool : next.pools) pool.configured = false;
  for (ListenerContext& listener : next.listeners) listener.open = false;
  for (const PoolSettings& pool : settings.pools) {
    const auto slot = slot_for(next.pools, pool.name, "pool");
    if (!slot.ok()) return slot.status();
    const auto& was = (*slot)->settings;
    if (was && was->dispatch != pool.dispatch) {
      return field_error(fmt::format("pools[{}].dispatch", pool.name), "only a restart changes it");
    }
    auto tls = tls_of(pool, (*slot)->tls);
    if (!tls.ok()) return tls.status();
    **slot = {.settings = std::make_shared<const PoolSettings>(pool), .tls = *std::move(tls)};
  }
  for (const ListenerSettings& listener : settings.listeners) {
    const auto slot = slot_for(next.listeners, listener.name, "listener");
    if (!slot.ok()) return slot.status();
    const std::size_t pool = *next.pool_slot(listener.pool);
    std::vector<std::size_t> route_pools;
    for (const PoolRoute& route : listener.routes) {
      route_pools.push_back(*next.pool_slot(route.pool));
    }
    std::shared_ptr<const net::TlsContext> tls;
    if (listener.tls) {
      auto loaded = net::TlsContext::load(listener.tls->server);
      if (!loaded.ok()) {
        return error(loaded.status().code(), "listener '{}': {}", listener.name,
                     message_of(loaded.status()));
      }
      tls = *std::move(loaded);
    }
    **slot = {.settings = std::make_shared<const ListenerSettings>(listener),
              .framing = framings.keep(listener.framing),
              .index = static_cast<std::size_t>(*slot - next.listeners.data()),
              .pool = pool,
              .route_pools = std::move(route_pools),
              .deadlines = deadlines_of(listener, *next.pools[pool].settings),
              .tls = std::move(tls)};
  }
  return next;
}

}  // namespace waymark::proxy
