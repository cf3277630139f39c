// What reading from a socket came to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace waymark::net {

struct ReadResult {
  enum class Kind : std::uint8_t { bytes, end, nothing_yet, failed };
  Kind kind = Kind::nothing_yet;
  std::size_t size = 0;
  int error_number = 0;
};

}  // namespace waymark::net
