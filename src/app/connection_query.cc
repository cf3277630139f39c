#include "app/connection_query.h"

#include <array>
#include <utility>

#include "app/config_endpoint.h"
#include "app/named_slot.h"
#include "base/field_error.h"
#include "base/status.h"
#include "net/cidr.h"

namespace waymark::app {
namespace {

using proxy::ListKey;
using Activity = proxy::ConnectionFilter::Activity;

constexpr std::array<std::pair<std::string_view, ListKey>, 13> kOrders = {{
    {"mark", ListKey::mark},
    {"peer", ListKey::peer},
    {"listener", ListKey::listener},
    {"upstream", ListKey::upstream},
    {"state", ListKey::state},
    {"opened", ListKey::opened},
    {"last_frame", ListKey::last_frame},
    {"frames_up", ListKey::frames_up},
    {"frames_down", ListKey::frames_down},
    {"bytes_up", ListKey::bytes_up},
    {"bytes_down", ListKey::bytes_down},
    {"queued", ListKey::queued},
    {"outstanding", ListKey::outstanding},
}};

Activity activity_of(std::string_view word) {
  if (word == "active") return Activity::active;
  return word == "inactive" ? Activity::inactive : Activity::all;
}

}  // namespace

ListKey list_key_of(std::string_view word) {
  for (const auto& [order, key] : kOrders) {
    if (order == word) return key;
  }
  return ListKey::mark;
}

std::optional<proxy::PeerFilter> peer_filter_of(const std::string& text) {
  if (const auto block = net::Cidr::parse(text); block.ok()) return proxy::PeerFilter{*block, 0};
  const auto endpoint = parse_bind(text);
  if (!endpoint.ok() || endpoint->port == 0) return std::nullopt;
  return proxy::PeerFilter{*net::Cidr::parse(endpoint->host), endpoint->port};
}

absl::StatusOr<proxy::ConnectionFilter> filter_of(const api::ConnectionFilter& asked,
                                                  const std::string& path,
                                                  const FilterNames& names) {
  proxy::ConnectionFilter filter;
  filter.activity = activity_of(asked.state());
  if (!asked.upstream().empty()) {
    const auto index = names.upstream(asked.upstream());
    if (!index.ok()) return field_error(path + "upstream", "{}", message_of(index.status()));
    filter.upstream = *index;
  }
  if (!asked.listener().empty()) {
    const auto slot =
        listener_slot(names.layout, names.settings, asked.listener(), path + "listener");
    if (!slot.ok()) return slot.status();
    filter.listener = *slot;
  }
  if (!asked.pool().empty()) {
    const auto slot = pool_slot(names.layout, names.settings, asked.pool(), path + "pool");
    if (!slot.ok()) return slot.status();
    filter.pool = *slot;
  }
  if (!asked.peer().empty()) {
    filter.peer = peer_filter_of(asked.peer());
    if (!filter.peer) {
      return field_error(path + "peer",
                         "'{}' is no address, such as 192.0.2.1, 192.0.2.1:5000, 2001:db8::1 or "
                         "[2001:db8::1]:5000, and no network, such as 192.0.2.0/24",
                         asked.peer());
    }
  }
  if (!asked.group().empty()) {
    std::optional<std::uint32_t> pool;
    if (filter.pool) pool = static_cast<std::uint32_t>(*filter.pool);
    filter.group = names.group(asked.group(), pool);
  }
  return filter;
}

bool is_empty(const api::ConnectionFilter& filter) {
  return filter.state().empty() && filter.upstream().empty() && filter.listener().empty() &&
         filter.pool().empty() && filter.group().empty() && filter.peer().empty();
}

}  // namespace waymark::app
