// Marks for tests, and the seed of those that try something else each time.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>

#include "waymark/mark.h"

namespace waymark::session {

inline Mark mark(std::uint8_t number) {
  std::array<std::uint8_t, Mark::kSize> bytes{};
  bytes.fill(number);
  return Mark(bytes);
}

// $WAYMARK_SEED repeats a failure.
inline std::uint64_t test_seed() {
  const char* wanted = std::getenv("WAYMARK_SEED");
  return wanted ? std::strtoull(wanted, nullptr, 10) : std::random_device()();
}

}  // namespace waymark::session
