// The events of a tap as people read them.
#pragma once

#include <string>
#include <string_view>

#include "ctl/sse_parser.h"
#include "ctl/table.h"

namespace waymark::ctl {

// A frame as an arrow, `->` towards the upstream and `<-` towards the client, with its number, time
// and size, and its bytes under it; a remark for frames that are missing and for the end:
//
//   -> 1  2026-11-21T11:44:41.460Z  5 B
//   00000000  68 65 6c 6c 6f                                    |hello|
//
// An event of another kind is an event_line().
[[nodiscard]] std::string tap_text(const SseEvent& event, const Style& style);

// Lines of an offset, sixteen bytes in hexadecimal and the same as ASCII, as `hexdump -C` has them.
[[nodiscard]] std::string hexdump(std::string_view bytes);

}  // namespace waymark::ctl
