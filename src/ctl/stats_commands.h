// What the proxy has counted: `waymarkctl stats`.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "ctl/context.h"
#include "ctl/json_fields.h"
#include "ctl/table.h"

namespace waymark::ctl {

[[nodiscard]] absl::Status show_stats(Context& context);
// GET /v1/stats as a table: the whole proxy, then each upstream.
[[nodiscard]] std::string stats_table(const Json& stats, const Style& style);

}  // namespace waymark::ctl
