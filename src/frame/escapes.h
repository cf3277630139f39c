// start_stop framing: what stands for the flags inside a frame.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "frame/framing.h"

namespace waymark::frame {

// The bytes that `content`, which lay between the flags, stands for; `out` is used where they are
// not the same. nullopt if an escape in it means nothing.
[[nodiscard]] std::optional<std::string_view> unescape(const StartStop& flags,
                                                       std::string_view content, std::string& out);

// Whether these bytes go between the flags as they are.
[[nodiscard]] bool needs_no_escape(const StartStop& flags, std::string_view payload);

// What goes between the flags for it.
[[nodiscard]] std::string escape(const StartStop& flags, std::string_view payload);

}  // namespace waymark::frame
