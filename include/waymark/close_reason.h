// Why a connection ended, as upstreams, logs and metrics see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waymark {

// The values are those of CloseReason in proto/waymark/link/v1/link.proto, which explains each.
enum class CloseReason : std::uint8_t {
  unspecified = 0,
  client_closed = 1,
  client_reset = 2,
  client_timeout = 3,
  upstream_closed = 4,
  frame_too_large = 5,
  frame_timeout = 6,
  frame_malformed = 7,
  slow_consumer = 8,
  idle_timeout = 9,
  half_close_timeout = 10,
  no_upstream = 11,
  draining = 12,
  overload = 13,
  moved = 14,
  taken_over = 15,
  admin = 16,
  duplicate = 17,
  max_age = 18,
  rotated = 19,
};
inline constexpr std::size_t kCloseReasons = 20;

// Upper case, as the .proto spells it without its prefix: "SLOW_CONSUMER". A number this version
// does not know is "UNSPECIFIED".
[[nodiscard]] std::string_view name_of(CloseReason reason);

}  // namespace waymark
