// Frames that were given up, as people read them.
#pragma once

#include <string>

#include "ctl/json_fields.h"
#include "ctl/table.h"
#include "ctl/units.h"

namespace waymark::ctl {

// Of the resource DeadLetterList: one row each.
[[nodiscard]] std::string dead_letter_table(const Json& list, const Style& style, Instant now);

// Of the resource DeadLetterContent: all fields, and the payload as a hexdump.
[[nodiscard]] std::string dead_letter_details(const Json& content, const Style& style, Instant now);

}  // namespace waymark::ctl
