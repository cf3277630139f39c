// The start of a length_prefix frame: bytes up to the field, and the field that tells its size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "frame/fault.h"
#include "frame/framing.h"

namespace waymark::frame {

inline constexpr std::size_t kMostFieldBytes = 10;  // a varint of 64 bits

[[nodiscard]] std::size_t least_field_bytes(const LengthPrefix& length);
[[nodiscard]] std::uint64_t largest_value(const LengthPrefix& length);
// Bytes that the value of a field of this size counts beside the rest of the frame.
[[nodiscard]] std::size_t counted_header_bytes(const LengthPrefix& length, std::size_t field_bytes);

// What a header announces.
struct LengthHeader {
  Fault fault = Fault::none;
  std::size_t header_bytes = 0;  // up to the end of the field; 0: the field is not complete
  std::size_t frame_bytes = 0;   // the whole frame, header included
};

// Reads the header of the frame that starts with `pieces`, laid end to end. Faults show as soon as
// the field is complete: malformed if it is none, or the frame would end before its body; too_large
// if its payload would be above max_frame_bytes.
[[nodiscard]] LengthHeader read_length_header(const Framing& framing,
                                              std::span<const std::string_view> pieces);

// Writes the field of a stripped frame with `body_bytes` and returns how many bytes that took: 0 if
// the field cannot say it.
[[nodiscard]] std::uint8_t write_length_field(const LengthPrefix& length, std::size_t body_bytes,
                                              std::array<char, kMostFieldBytes>& out);

}  // namespace waymark::frame
