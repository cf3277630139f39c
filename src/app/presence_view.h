// Names and groups as the admin API shows them.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "admin/admin_api.h"
#include "proxy/proxy.h"

namespace waymark::app {

// The slot of a pool, if the request names one.
using PoolSlot = std::optional<std::uint32_t>;

// Pages by a request that was checked but for its token: InvalidArgument for one that is none of
// ours.
[[nodiscard]] absl::StatusOr<admin::api::NameList> names_page(const proxy::Proxy& proxy,
                                                              PoolSlot pool,
                                                              const admin::PresenceQuery& query);
[[nodiscard]] absl::StatusOr<admin::api::GroupList> groups_page(const proxy::Proxy& proxy,
                                                                PoolSlot pool,
                                                                const admin::PresenceQuery& query);
// NotFound if nobody is in the group.
[[nodiscard]] absl::StatusOr<admin::api::MemberList> members_page(
    const proxy::Proxy& proxy, const std::string& group, PoolSlot pool,
    const admin::PresenceQuery& query);

}  // namespace waymark::app
