// What the configuration says of upstreams, in the words of who acts on it: the control, the
// probes, the resolver and the workers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/name_watch.h"
#include "control/control.h"
#include "link/health_probe.h"
#include "proxy/layout.h"
#include "proxy/upstream_order.h"

namespace waymark::app {

// How the upstreams of each pool are judged.
[[nodiscard]] std::vector<control::PoolRules> pool_rules_of(const Config& config);
// The upstreams of the file: those with an address, and the names whose addresses are upstreams.
[[nodiscard]] std::vector<control::UpstreamSpec> fixed_upstreams_of(const Config& config);
[[nodiscard]] std::vector<NameWatch::Name> watched_names_of(const Config& config);

// Why it may not be connected to; empty: it may.
[[nodiscard]] std::string connect_problem(const Config& config, const control::UpstreamSpec& spec);

// With what links and probes connect to it in this layout; null: in plaintext.
[[nodiscard]] link::UpstreamTlsPtr tls_of(const proxy::Layout& layout,
                                          const control::UpstreamSpec& spec);
// How to ask after its health; nullopt for one that is not asked.
[[nodiscard]] std::optional<link::HealthOptions> probe_of(const Config& config,
                                                          const proxy::Layout& layout,
                                                          const control::UpstreamSpec& spec);
// What workers are told of it. Its pool is in `layout`.
[[nodiscard]] proxy::UpstreamOrder order_of(const proxy::Layout& layout,
                                            const control::Upstream& upstream, control::Role role,
                                            std::uint32_t weight_parts, bool remove);

}  // namespace waymark::app
