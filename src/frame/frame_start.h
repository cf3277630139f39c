// by_start framing: which case a frame has, told by its first bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "frame/framing.h"

namespace waymark::frame {

struct Choice {
  enum class Kind : unsigned char {
    decided,    // more bytes would not change it
    undecided,  // more bytes are needed
    none,       // no frame starts like this
  };
  Kind kind = Kind::none;
  std::size_t place = 0;  // in the list of cases, if decided
};

// The ending of a frame (Framer::last_ending) tells its case too.
[[nodiscard]] inline std::uint8_t ending_in_case(std::size_t place, std::uint8_t ending) {
  return static_cast<std::uint8_t>(place << 4 | ending);
}
[[nodiscard]] inline std::size_t case_of_ending(std::uint8_t ending) { return ending >> 4; }
[[nodiscard]] inline std::uint8_t ending_of_case(std::uint8_t ending) { return ending & 0xf; }
static_assert(Framing::kMostCases <= 16 && Framing::kMostDelimiters <= 16, "four bits each");

// The first case in order that `pieces`, laid end to end, start with.
[[nodiscard]] Choice choose_case(const std::vector<Case>& cases,
                                 std::span<const std::string_view> pieces);

}  // namespace waymark::frame
