// Marks for clients that bring no identity of their own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "waymark/mark.h"

namespace waymark::identity {

// Fills `size` bytes from the kernel's generator (getrandom(2)); crashes if it cannot, because a
// guessable mark would let one client's upstream traffic reach another.
void fill_random(void* out, std::size_t size);

// Version 4 UUIDs (RFC 9562, section 5.4). Asks the kernel once for 256 of them. One per thread.
class RandomMarks {
 public:
  [[nodiscard]] Mark next();

 private:
  static constexpr std::size_t kAhead = 256;
  std::array<std::array<std::uint8_t, Mark::kSize>, kAhead> bytes_;
  std::size_t left_ = 0;
};

}  // namespace waymark::identity
