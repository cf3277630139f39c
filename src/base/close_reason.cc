#include "waymark/close_reason.h"

#include <array>

namespace waymark {

std::string_view name_of(CloseReason reason) {
  static constexpr std::array<std::string_view, kCloseReasons> kNames = {
      "UNSPECIFIED",        "CLIENT_CLOSED", "CLIENT_RESET",    "CLIENT_TIMEOUT", "UPSTREAM_CLOSED",
      "FRAME_TOO_LARGE",    "FRAME_TIMEOUT", "FRAME_MALFORMED", "SLOW_CONSUMER",  "IDLE_TIMEOUT",
      "HALF_CLOSE_TIMEOUT", "NO_UPSTREAM",   "DRAINING",        "OVERLOAD",       "MOVED",
      "TAKEN_OVER",         "ADMIN",         "DUPLICATE",       "MAX_AGE",        "ROTATED"};
  const auto index = static_cast<std::size_t>(reason);
  return kNames[index < kNames.size() ? index : 0];
}

}  // namespace waymark
