// Which of the ready upstreams gets a connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace waymark::route {

// Turn number `ticket` of a round robin over `ready` (indices of upstreams); nullopt if none is.
// The tickets of a pool are drawn once for the whole process, so that the order of arrival is the
// order of the turns whatever worker a connection lands on.
[[nodiscard]] inline std::optional<std::size_t> round_robin(std::uint64_t ticket,
                                                            std::span<const std::size_t> ready) {
  if (ready.empty()) return std::nullopt;
  return ready[ticket % ready.size()];
}

}  // namespace waymark::route
