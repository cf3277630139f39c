// Why a command was not carried out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waymark {

// The values are those of Refusal in proto/waymark/link/v1/link.proto.
enum class Refusal : std::uint8_t {
  unspecified = 0,
  no_such_mark = 1,
  stale_epoch = 2,         // answers a frame that was given to another upstream since
  slow_consumer = 3,       // the client does not read
  closed = 4,              // the direction to the client has already ended
  not_reachable = 5,       // outside of what this upstream's pool may address
  not_frameable = 6,       // the listener's framing cannot carry this payload
  already_answered = 7,    // the frame is done, or was given to another upstream since
  no_such_name = 8,        // no connection in reach has this name
  no_such_group = 9,       // no connection is in this group
  name_taken = 10,         // another connection of the pool has this name
  too_many = 11,           // a limit of the proxy on names or groups is reached
  too_large = 12,          // a name, a group, attributes or a relayed payload
  invalid = 13,            // an empty name, no UTF-8, a control character, a wrong target
  no_such_upstream = 14,   // no other upstream of the pool has this name and is ready
  upstream_busy = 15,      // that upstream's link has no room
  stale_incarnation = 16,  // for an earlier connection of the mark
  not_supported = 17,      // where the connection is served this cannot be done
};
inline constexpr std::size_t kRefusalCount = 18;

// Upper case, as the .proto spells it without its prefix: "NO_SUCH_MARK".
[[nodiscard]] std::string_view name_of(Refusal refusal);

}  // namespace waymark
