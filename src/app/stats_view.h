// What the proxy has counted as readings of a history, and histories as the admin API tells them.
#pragma once

#include <vector>

#include "admin/admin_api.h"
#include "app/api_view.h"
#include "proxy/snapshot.h"
#include "stats/book.h"

namespace waymark::app {

// `upstreams`: those that are there, as far as is known.
[[nodiscard]] std::vector<stats::Count> reading_of(const proxy::ProxySnapshot& snapshot,
                                                   const std::vector<UpstreamView>& upstreams);

// Without the uptime.
[[nodiscard]] api::Statistics view_of(const stats::Series& series);
// `series`: null if none is kept of it.
[[nodiscard]] api::UpstreamStatistics view_of(const UpstreamView& upstream,
                                              const stats::Series* series);
[[nodiscard]] api::StatsHistory history_of(const stats::Series& series,
                                           const admin::StatsQuery& query);

}  // namespace waymark::app
