// How a listener's byte stream is cut into frames: the value that framer.h (client -> proxy) and
// egress.h (proxy -> client) both follow, so that an echoed payload returns the bytes that came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace waymark::frame {

enum class Kind : std::uint8_t {
  raw,            // every read is a frame
  line,           // ends at LF; a CR before it belongs to the ending
  delimiter,      // ends at one of several byte strings
  fixed,          // every frame has `fixed_bytes` bytes
  length_prefix,  // a length field tells where the frame ends
};

// What is written after a payload towards the client.
enum class Ending : std::uint8_t {
  same,  // the ending of the frame this client sent last; before any, the first one (LF)
  lf,    // line only
  crlf,  // line only
};

enum class LengthField : std::uint8_t { u8, u16, u32, u64, varint };
enum class ByteOrder : std::uint8_t { big, little };

// Frame size = offset + size of the field + value of the field + adjustment.
struct LengthPrefix {
  LengthField field = LengthField::u32;
  ByteOrder order = ByteOrder::big;
  std::size_t offset = 0;       // bytes before the field
  std::int64_t adjustment = 0;  // added to the value of the field
  bool strip = true;            // payload without the header; needs offset 0

  friend bool operator==(const LengthPrefix&, const LengthPrefix&) = default;
};

struct Framing {
  static constexpr std::size_t kMostFrameBytes = 16UL << 20;
  static constexpr std::size_t kMostDelimiters = 16;
  static constexpr std::size_t kMostDelimiterBytes = 256;

  Kind kind = Kind::raw;
  std::size_t max_frame_bytes = 256UL << 10;  // bytes of the largest payload, both directions
  Ending ending = Ending::same;
  std::vector<std::string> delimiters;  // delimiter only: at least one, none empty
  std::size_t fixed_bytes = 0;          // fixed only
  LengthPrefix length;                  // length_prefix only

  // InvalidArgument naming the field and what is allowed, if no stream could be cut like this.
  // Framers and egress take only framings that are valid.
  [[nodiscard]] absl::Status validate() const;

  friend bool operator==(const Framing&, const Framing&) = default;
};

}  // namespace waymark::frame
