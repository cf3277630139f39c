// Why something sent to a client was not written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waymark {

// The values are those of Refusal in proto/waymark/link/v1/link.proto.
enum class Refusal : std::uint8_t {
  unspecified = 0,
  no_such_mark = 1,
  stale_epoch = 2,    // answers a frame that was given to another upstream since
  slow_consumer = 3,  // the client does not read
  closed = 4,         // the direction to the client has already ended
  not_reachable = 5,  // outside of what this upstream's pool may address
  not_frameable = 6,  // the listener's framing cannot carry this payload
};
inline constexpr std::size_t kRefusalCount = 7;

// Upper case, as the .proto spells it without its prefix: "NO_SUCH_MARK".
[[nodiscard]] std::string_view name_of(Refusal refusal);

}  // namespace waymark
