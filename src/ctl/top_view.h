// One picture of `top`. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "ctl/json_fields.h"
#include "ctl/rates.h"
#include "ctl/table.h"
#include "ctl/units.h"

namespace waymark::ctl {

// Of the resources Info and UpstreamList: a head of three lines and a row an upstream, `max_lines`
// at most; the busiest come first where not all fit.
[[nodiscard]] std::string top_view(const Json& info, const Json& upstreams, const Rates& rates,
                                   const Style& style, std::size_t max_lines, Instant now);

}  // namespace waymark::ctl
