// Marks for tests.
#pragma once

#include <array>
#include <cstdint>

#include "waymark/mark.h"

namespace waymark::session {

inline Mark mark(std::uint8_t number) {
  std::array<std::uint8_t, Mark::kSize> bytes{};
  bytes.fill(number);
  return Mark(bytes);
}

}  // namespace waymark::session
