// Why a stream cannot be cut any further.
#pragma once

#include <cstdint>

namespace waymark::frame {

enum class Fault : std::uint8_t {
  none,
  too_large,  // a payload above max_frame_bytes
  malformed,  // a length field that no frame can have
};

}  // namespace waymark::frame
