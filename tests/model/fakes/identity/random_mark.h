// Marks that are the same in every run of a schedule.
#pragma once

#include <array>
#include <cstdint>

#include "waymark/mark.h"

namespace waymark::identity {

class RandomMarks {
 public:
  [[nodiscard]] Mark next() {
    std::array<std::uint8_t, Mark::kSize> bytes{};
    bytes[0] = static_cast<std::uint8_t>(++made_ * 37);
    bytes[15] = static_cast<std::uint8_t>(made_);
    return Mark(bytes);
  }

 private:
  std::uint8_t made_ = 0;
};

}  // namespace waymark::identity
