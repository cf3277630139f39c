// What the workers are told about one upstream, as a whole, each time something about it changes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proxy/settings.h"

namespace waymark::proxy {

enum class Role : std::uint8_t {
  serve,    // gets connections while its link is ready
  leave,    // gets none, and those it has move away; its answers still reach their clients
  rest,     // leaves, and once it serves nobody its link ends
  give_up,  // its link ends at once, and what it had goes elsewhere
};

// Of UpstreamOrder::weight, for one that is not starting slowly.
inline constexpr std::uint32_t kWeightParts = 10;

struct UpstreamOrder {
  std::uint32_t index = 0;  // below LimitSettings::max_upstreams; the same in every worker
  std::size_t pool = 0;     // its slot
  UpstreamSettings settings;
  Role role = Role::serve;
  std::uint32_t weight = kWeightParts;  // settings.weight times 1 (slowest start) to kWeightParts
  // With rest and give_up: forget it afterwards. The index is free once every worker has said so
  // (Observer::upstream_gone).
  bool remove = false;
};

}  // namespace waymark::proxy
