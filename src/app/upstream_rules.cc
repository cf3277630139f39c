#include "app/upstream_rules.h"

#include <algorithm>
#include <string_view>

#include "app/config_endpoint.h"
#include "app/config_tls.h"

namespace waymark::app {
namespace {

std::string_view word_of(proxy::Protocol protocol) {
  switch (protocol) {
    case proxy::Protocol::automatic:
      return "auto";
    case proxy::Protocol::link:
      return "link";
    case proxy::Protocol::legacy:
      return "legacy";
  }
  return "auto";
}

proxy::Protocol protocol_of(std::string_view word) {
  if (word == "link") return proxy::Protocol::link;
  return word == "legacy" ? proxy::Protocol::legacy : proxy::Protocol::automatic;
}

proxy::Role role_of(control::Role role) {
  switch (role) {
    case control::Role::serve:
      return proxy::Role::serve;
    case control::Role::leave_politely:
      return proxy::Role::leave;
    case control::Role::rest:
      return proxy::Role::rest;
    case control::Role::give_up:
      return proxy::Role::give_up;
  }
  return proxy::Role::serve;
}

control::UpstreamSpec spec_of(const std::string& pool, const proxy::UpstreamSettings& upstream) {
  return {.pool = pool,
          .address = upstream.address,
          .weight = upstream.weight,
          .protocol = std::string(word_of(upstream.protocol)),
          .insecure = upstream.insecure,
          .metadata = upstream.metadata};
}

const proxy::PoolSettings* find_pool(const Config& config, std::string_view name) {
  const auto& pools = config.proxy.pools;
  const auto at = std::find_if(pools.begin(), pools.end(),
                               [name](const auto& pool) { return pool.name == name; });
  return at == pools.end() ? nullptr : &*at;
}

}  // namespace

std::vector<control::PoolRules> pool_rules_of(const Config& config) {
  std::vector<control::PoolRules> rules;
  for (std::size_t i = 0; i < config.proxy.pools.size(); ++i) {
    const PoolPolicy& policy = config.policies[i];
    rules.push_back({config.proxy.pools[i].name, policy.health, policy.health_service});
  }
  return rules;
}

std::vector<control::UpstreamSpec> fixed_upstreams_of(const Config& config) {
  std::vector<control::UpstreamSpec> specs;
  for (const proxy::PoolSettings& pool : config.proxy.pools) {
    for (const proxy::UpstreamSettings& upstream : pool.upstreams) {
      if (upstream.refresh.count() == 0) specs.push_back(spec_of(pool.name, upstream));
    }
  }
  return specs;
}

std::vector<NameWatch::Name> watched_names_of(const Config& config) {
  std::vector<NameWatch::Name> names;
  for (const proxy::PoolSettings& pool : config.proxy.pools) {
    for (const proxy::UpstreamSettings& upstream : pool.upstreams) {
      const auto endpoint = parse_host_port(upstream.address);
      if (upstream.refresh.count() == 0 || !endpoint.ok()) continue;
      names.push_back({.spec = spec_of(pool.name, upstream),
                       .host = endpoint->host,
                       .port = endpoint->port,
                       .refresh_ms = static_cast<std::uint64_t>(upstream.refresh.count())});
    }
  }
  return names;
}

std::string connect_problem(const Config& config, const control::UpstreamSpec& spec) {
  const proxy::PoolSettings* pool = find_pool(config, spec.pool);
  // One that is gone keeps what it had.
  if (pool == nullptr) return {};
  return plaintext_problem(spec.address, pool->tls.has_value(), spec.insecure);
}

link::UpstreamTlsPtr tls_of(const proxy::Layout& layout, const control::UpstreamSpec& spec) {
  const auto slot = layout.any_pool_slot(spec.pool);
  return slot ? layout.pools[*slot].tls : nullptr;
}

std::optional<link::HealthOptions> probe_of(const Config& config, const proxy::Layout& layout,
                                            const control::UpstreamSpec& spec) {
  const proxy::PoolSettings* pool = find_pool(config, spec.pool);
  if (pool == nullptr) return std::nullopt;  // one that is gone is not asked any more
  const auto place = static_cast<std::size_t>(pool - config.proxy.pools.data());
  const PoolPolicy& policy = config.policies[place];
  if (policy.health.check == control::HealthSettings::Check::link) return std::nullopt;
  // The ancestor's servers are asked `ready` and `live` by their links.
  if (spec.protocol == "legacy") return std::nullopt;
  return link::HealthOptions{.address = spec.address,
                             .service = policy.health_service,
                             .interval = policy.health.interval,
                             .timeout = policy.health.timeout,
                             .connect_timeout = pool->connect_timeout,
                             .metadata = spec.metadata,
                             .tls = tls_of(layout, spec)};
}

proxy::UpstreamOrder order_of(const proxy::Layout& layout, const control::Upstream& upstream,
                              control::Role role, std::uint32_t weight_parts, bool remove) {
  return {.index = upstream.index,
          .pool = *layout.any_pool_slot(upstream.spec.pool),
          .settings = {.address = upstream.spec.address,
                       .protocol = protocol_of(upstream.spec.protocol),
                       .insecure = upstream.spec.insecure,
                       .weight = upstream.weight(),
                       .metadata = upstream.spec.metadata},
          .role = role_of(role),
          .weight = weight_parts,
          .remove = remove};
}

}  // namespace waymark::app
