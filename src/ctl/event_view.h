// Events of a stream as people and scripts read them.
#pragma once

#include <string>

#include "ctl/sse_parser.h"
#include "ctl/table.h"

namespace waymark::ctl {

// "12:00:00.250  upstream_state  address=10.0.0.5:50051 state=dead": the time first if the data has
// one (`at` or `time`), then the type, then the other fields of the data.
[[nodiscard]] std::string event_line(const SseEvent& event, const Style& style);

// {"id":..,"event":..,"data":..} in one line; data is text where it is not JSON.
[[nodiscard]] std::string event_json(const SseEvent& event);

}  // namespace waymark::ctl
