// A place of its own for each connection within a span of time, so that what all would do at once
// is done by one after the other. The same each time it is asked for.
#pragma once

#include <cstdint>

#include "waymark/mark.h"

namespace waymark::session {

// From 0 up to, and without, `span`.
[[nodiscard]] inline std::uint64_t place_of(const Mark& mark, std::uint64_t span) {
  std::uint64_t bits = 0;
  for (const auto byte : mark.bytes()) {
    bits = (bits ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;  // FNV-1a
  }
  // Its upper bits hardly depend on the last bytes: those below are brought up (splitmix64).
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
  bits ^= bits >> 31;
  return static_cast<std::uint64_t>(static_cast<double>(span) *
                                    (static_cast<double>(bits >> 12) / 0x1p52));
}

// `time`, give or take at most so many percent of it.
[[nodiscard]] inline std::uint64_t with_jitter(const Mark& mark, std::uint64_t time,
                                               std::uint64_t percent) {
  const std::uint64_t most = time / 100 * percent + time % 100 * percent / 100;
  return time - most + place_of(mark, 2 * most + 1);
}

}  // namespace waymark::session
