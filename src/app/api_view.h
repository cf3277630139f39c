// The admin API's resources, made from what the proxy and the control thread know.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "app/config.h"
#include "control/control.h"
#include "proxy/proxy.h"
#include "waymark/admin/v1/admin.pb.h"

namespace waymark::app {

namespace api = ::waymark::admin::v1;

// An upstream without what only the workers know.
struct UpstreamView {
  std::uint32_t index = 0;
  std::uint32_t configured_weight = 1;
  std::uint64_t probe_failures = 0;
  std::uint32_t ttl_seconds = 0;    // of a lease
  std::uint64_t ready_seconds = 0;  // it has been ready for
  api::Upstream resource;
};

// `now_ms` is the control thread's clock.
[[nodiscard]] UpstreamView view_of(const control::Upstream& upstream, std::uint64_t now_ms);
// Its links and connections.
void add_links(UpstreamView& view, const proxy::ProxySnapshot& snapshot);

[[nodiscard]] api::Listener view_of(const proxy::ListenerSnapshot& snapshot,
                                    const proxy::ListenerSettings& settings);
[[nodiscard]] api::Pool view_of(const proxy::PoolSettings& settings, std::size_t slot,
                                const proxy::ProxySnapshot& snapshot,
                                const std::vector<UpstreamView>& upstreams);
[[nodiscard]] api::Connection view_of(const proxy::ConnectionSnapshot& snapshot,
                                      const proxy::Layout& layout,
                                      const std::vector<UpstreamView>& upstreams);
[[nodiscard]] api::Presence presence_of(const proxy::ConnectionSnapshot& snapshot);
[[nodiscard]] api::ConnectionLedger ledger_of(const proxy::LedgerSnapshot& snapshot);
// What an upstream was found to be lately.
[[nodiscard]] api::UpstreamHistory history_of(const control::Upstream& upstream,
                                              std::uint64_t now_ms);
// What an operator has set otherwise than the file says.
void add_overrides(const UpstreamView& view, api::ConfigDiff& diff);
[[nodiscard]] api::Registration registration_of(const api::Upstream& upstream,
                                                std::uint32_t ttl_seconds);

// What a request asks for. InvalidArgument names the field.
[[nodiscard]] absl::StatusOr<control::UpstreamSpec> spec_of(
    const std::string& pool, const std::string& address, std::uint32_t weight,
    const std::string& protocol, bool insecure, control::Metadata metadata);

[[nodiscard]] std::string to_hex(std::string_view bytes);

}  // namespace waymark::app
