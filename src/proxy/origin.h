// Where a command came from, and where else it has to go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace waymark::proxy {

struct Origin {
  std::uint32_t upstream = 0;                    // who sent it
  std::uint32_t stream = 0;                      // on which of its streams (fleet.h)
  std::size_t worker = 0;                        // whose link it came on
  std::size_t hops_left = 0;                     // workers that have not seen it yet
  std::optional<std::uint32_t> group_pool = {};  // of the group it goes to, once known
  std::uint64_t attempted = 0;                   // connections, of a group or a broadcast
  std::uint64_t failed = 0;                      // those that refused it
  std::string_view target = {};                  // the name or group it went to, if sound
};

}  // namespace waymark::proxy
