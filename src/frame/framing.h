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
  start_stop,     // lies between two flags, which are escaped inside it
  by_start,       // the first bytes of each frame tell which of several framings it has
};

// What is written after a payload towards the client.
enum class Ending : std::uint8_t {
  same,  // the ending of the frame this client sent last; before any, the first one (LF)
  lf,    // line only
  crlf,  // line only
};

// `decimal` and `hex` are ASCII digits, as many as LengthPrefix::digits says.
enum class LengthField : std::uint8_t { u8, u16, u24, u32, u64, varint, decimal, hex };
enum class ByteOrder : std::uint8_t { big, little };
// What the value of a length field counts beside what comes behind the field.
enum class LengthCounts : std::uint8_t {
  rest,   // nothing
  field,  // the field itself
  frame,  // the field and what comes before it
};

// Frame size = offset + size of the field + value of the field - what the field counts beside the
// rest + adjustment.
struct LengthPrefix {
  LengthField field = LengthField::u32;
  ByteOrder order = ByteOrder::big;
  LengthCounts counts = LengthCounts::rest;
  std::uint8_t digits = 0;      // decimal and hex only
  std::uint8_t bits = 0;        // the value is in so many low bits, 0: in all of them
  std::size_t offset = 0;       // bytes before the field
  std::int64_t adjustment = 0;  // bytes
  bool strip = true;            // payload without the header; needs offset 0

  friend bool operator==(const LengthPrefix&, const LengthPrefix&) = default;
};

// Between the flags, the byte `means` is sent as the two bytes `sent`: the escape byte, which all
// have in common, and a code.
struct Escape {
  std::string sent;
  std::string means;

  friend bool operator==(const Escape&, const Escape&) = default;
};

struct StartStop {
  std::string start;
  std::string stop;
  std::vector<Escape> escapes;  // empty: a payload cannot hold the stop flag
  bool strip = true;            // payload without flags, and unescaped

  friend bool operator==(const StartStop&, const StartStop&) = default;
};

struct Case;

struct Framing {
  static constexpr std::size_t kMostFrameBytes = 16UL << 20;
  static constexpr std::size_t kMostDelimiters = 16;
  static constexpr std::size_t kMostDelimiterBytes = 256;
  static constexpr std::size_t kMostFlagBytes = 8;
  static constexpr std::size_t kMostCases = 16;
  static constexpr std::size_t kMostStartBytes = 8;
  static constexpr std::size_t kMostDigits = 10;

  Kind kind = Kind::raw;
  std::size_t max_frame_bytes = 256UL << 10;  // bytes of the largest payload, both directions
  Ending ending = Ending::same;
  bool keep_ending = false;             // line and delimiter: the payload holds what ended it
  bool resync = false;                  // skips what is no frame, instead of a fault
  std::vector<std::string> delimiters;  // delimiter only: at least one, none empty
  std::size_t fixed_bytes = 0;          // fixed only
  LengthPrefix length;                  // length_prefix only
  StartStop flags;                      // start_stop only
  std::vector<Case> cases;              // by_start only: in the order in which they are tried

  // InvalidArgument naming the field and what is allowed, if no stream could be cut like this.
  // Framers and egress take only framings that are valid.
  [[nodiscard]] absl::Status validate() const;

  friend bool operator==(const Framing& a, const Framing& b);
};

// Frames that start with these bytes, which belong to the frame, have this framing.
struct Case {
  std::string starts_with;  // empty: all others
  Framing framing;

  friend bool operator==(const Case&, const Case&) = default;
};

}  // namespace waymark::frame
