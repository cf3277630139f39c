// Client connections as people read them.
#pragma once

#include <string>

#include "ctl/json_fields.h"
#include "ctl/table.h"
#include "ctl/units.h"

namespace waymark::ctl {

// Of the resource ConnectionList: one row a connection.
[[nodiscard]] std::string connection_table(const Json& list, const Style& style, Instant now);

// Of the resource Connection: all fields.
[[nodiscard]] std::string connection_details(const Json& connection, const Style& style,
                                             Instant now);

}  // namespace waymark::ctl
