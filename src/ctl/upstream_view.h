// Upstreams as people read them.
#pragma once

#include <string>

#include "ctl/json_fields.h"
#include "ctl/table.h"
#include "ctl/units.h"

namespace waymark::ctl {

// The colour of an upstream's or a link's state.
[[nodiscard]] Colour colour_of_state(std::string_view state);

// "2/2": how many links of an upstream are ready, of how many.
[[nodiscard]] std::string ready_links(const Json& upstream);

// Of the resource UpstreamList: one row an upstream.
[[nodiscard]] std::string upstream_table(const Json& list, const Style& style, Instant now);

// Of the resource Upstream: all fields, then its links.
[[nodiscard]] std::string upstream_details(const Json& upstream, const Style& style, Instant now);

// "10.0.0.5:50051: ready, meant to be drained, weight 1, 12 connections".
[[nodiscard]] std::string upstream_line(const Json& upstream);

}  // namespace waymark::ctl
