// Reads the protobuf wire format from bytes that may lie in several pieces.
//
// Source: protobuf.dev/programming-guides/encoding. Every read answers false at the end of the
// bytes or for what no protobuf reader accepts; after a false the cursor is spent.
#pragma once

#include <cstdint>
#include <cstring>

#include "wire/bytes.h"

namespace waymark::wire {

enum class WireType : std::uint8_t {
  varint = 0,
  fixed64 = 1,
  bytes = 2,
  group = 3,
  end_group = 4,
  fixed32 = 5
};

// A field's number and wire type as they stand before its value.
constexpr std::uint32_t tag(std::uint32_t field, WireType type) {
  return field << 3 | static_cast<std::uint32_t>(type);
}

class Cursor {
 public:
  explicit Cursor(Pieces pieces);
  explicit Cursor(const Bytes& bytes);

  [[nodiscard]] bool at_end() const { return left_ == 0; }

  [[nodiscard]] bool read_tag(std::uint32_t& tag);
  // Bits above the 64th are dropped, as protobuf does.
  [[nodiscard]] bool read_varint(std::uint64_t& value);
  [[nodiscard]] bool read_fixed64(std::uint64_t& value);
  // A length and that many bytes.
  [[nodiscard]] bool read_bytes(Bytes& bytes);
  // Passes over the value of a field whose tag was just read.
  [[nodiscard]] bool skip(std::uint32_t tag);

 private:
  [[nodiscard]] bool read_byte(std::uint8_t& byte);
  [[nodiscard]] bool read_varint(std::uint64_t& value, int max_bytes);
  [[nodiscard]] bool advance(std::size_t size);
  [[nodiscard]] bool skip_group(std::uint32_t field, int depth);
  [[nodiscard]] bool skip_value(std::uint32_t tag, int depth);
  void enter_next_piece();

  const char* at_ = nullptr;                // next byte
  const char* piece_end_ = nullptr;         // end of the piece `at_` lies in
  const std::string_view* rest_ = nullptr;  // pieces after it
  std::size_t left_ = 0;                    // bytes to the end, over all pieces
};

}  // namespace waymark::wire
