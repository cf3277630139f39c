// How far an upstream that acks is done with the frames of a client.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "proxy/client.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

// The seq up to which no frame of the client comes again. `first_unacked`: the first of those that
// its upstream has and is not done with.
[[nodiscard]] inline std::uint64_t last_acked_of(const WorkerState& state, const Client& client,
                                                 std::optional<std::uint64_t> first_unacked) {
  std::uint64_t first = first_unacked.value_or(client.session.last_seq() + 1);
  if (client.rewound) {
    const Mark& mark = client.session.mark();
    first = std::min(first, state.rewinds.first_seq(mark).value_or(first));
    first = std::min(first, state.backlog.first_seq(mark).value_or(first));
  }
  return first - 1;
}

}  // namespace waymark::proxy
