// What stands around a payload on the wire, so that a listener's framing finds the payload again.
//
// Written apart from src/frame on purpose: a checker that shared the framers would share their
// mistakes.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace waymark::load {

class Envelope {
 public:
  static constexpr std::size_t kMaxPrefix = 10;

  // Raw: nothing around the payload.
  Envelope() = default;

  // Reads "raw", "line", "line-crlf", "fixed:N", "length:1|2|4|8[le]", "length:varint" or
  // "delimiter:TEXT", where TEXT may hold the escapes \n \r \t \0 \\ and \xHH.
  [[nodiscard]] static absl::StatusOr<Envelope> parse(std::string_view text);

  // False if the bytes of one frame may arrive cut or joined in any way.
  [[nodiscard]] bool is_framed() const { return kind_ != Kind::raw; }

  // The only payload size there is, for "fixed:N".
  [[nodiscard]] std::optional<std::size_t> fixed_size() const;

  // Bytes of the largest payload that fits.
  [[nodiscard]] std::size_t max_payload() const;

  // Writes what goes before a payload of `size` bytes, at most kMaxPrefix; returns how much.
  std::size_t write_prefix(std::size_t size, char* out) const;

  // What goes behind every payload.
  [[nodiscard]] std::string_view suffix() const { return suffix_; }

  // Byte values no payload may hold, since they could be taken for the suffix.
  [[nodiscard]] std::bitset<256> forbidden() const;

 private:
  enum class Kind : std::uint8_t { raw, fixed, ending, length, varint };

  Kind kind_ = Kind::raw;
  bool little_endian_ = false;
  std::size_t size_ = 0;  // fixed: of the payload; length: of the field
  std::string suffix_;
};

}  // namespace waymark::load
