// Writes the protobuf wire format; the twin of cursor.h.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "wire/cursor.h"

namespace waymark::wire {

constexpr std::size_t varint_size(std::uint64_t value) {
  return static_cast<std::size_t>((std::bit_width(value | 1) + 6) / 7);
}

// The put_* functions write at `out`, where there is room, and answer the end of what they wrote.
inline char* put_varint(char* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline char* put_fixed64(char* out, std::uint64_t value) {
  std::memcpy(out, &value, 8);
  return out + 8;
}

inline char* put_bytes(char* out, std::string_view bytes) {
  return out + bytes.copy(out, bytes.size());  // unlike memcpy, fine with an empty view of nothing
}

// The add_* functions append a whole field to `out` and leave out a zero, as proto3 does.
inline void add_varint(std::string& out, std::uint64_t value) {
  char buffer[10];
  out.append(buffer, put_varint(buffer, value));
}

inline void add_uint(std::string& out, std::uint32_t field, std::uint64_t value) {
  if (value == 0) return;
  add_varint(out, tag(field, WireType::varint));
  add_varint(out, value);
}

inline void add_fixed64(std::string& out, std::uint32_t field, std::uint64_t value) {
  if (value == 0) return;
  char buffer[8];
  put_fixed64(buffer, value);
  add_varint(out, tag(field, WireType::fixed64));
  out.append(buffer, 8);
}

// Written even when empty: what a oneof and a repeated field need.
inline void add_message(std::string& out, std::uint32_t field, std::string_view body) {
  add_varint(out, tag(field, WireType::bytes));
  add_varint(out, body.size());
  out.append(body);
}

inline void add_text(std::string& out, std::uint32_t field, std::string_view text) {
  if (!text.empty()) add_message(out, field, text);
}

}  // namespace waymark::wire
