// Walks the fields of a small message, one after the other.
#pragma once

#include <cstdint>

#include "wire/bytes.h"
#include "wire/cursor.h"

namespace waymark::wire {

inline constexpr std::uint32_t kVarintType = static_cast<std::uint32_t>(WireType::varint);
inline constexpr std::uint32_t kFixed64Type = static_cast<std::uint32_t>(WireType::fixed64);
inline constexpr std::uint32_t kBytesType = static_cast<std::uint32_t>(WireType::bytes);

// One field as it was read: a number or a run of bytes, depending on its wire type.
struct Field {
  std::uint32_t number = 0;
  std::uint32_t type = 0;
  std::uint64_t value = 0;
  Bytes bytes;

  [[nodiscard]] bool is_uint(std::uint32_t field) const {
    return number == field && type == kVarintType;
  }
  [[nodiscard]] bool is_fixed(std::uint32_t field) const {
    return number == field && type == kFixed64Type;
  }
  [[nodiscard]] bool is_bytes(std::uint32_t field) const {
    return number == field && type == kBytesType;
  }
};

// Calls `visit(const Field&)` for each, those of other wire types included. False: the bytes are no
// message.
template <typename Visit>
bool for_each_field(Cursor cursor, Visit&& visit) {
  while (!cursor.at_end()) {
    std::uint32_t field_tag = 0;
    if (!cursor.read_tag(field_tag)) return false;
    Field field{field_tag >> 3, field_tag & 7, 0, {}};
    bool read = false;
    switch (field.type) {
      case kVarintType:
        read = cursor.read_varint(field.value);
        break;
      case kFixed64Type:
        read = cursor.read_fixed64(field.value);
        break;
      case kBytesType:
        read = cursor.read_bytes(field.bytes);
        break;
      default:
        read = cursor.skip(field_tag);
        break;
    }
    if (!read) return false;
    visit(field);
  }
  return true;
}

// Numbers of 32 bits, enums among them, keep the low bits of what was sent.
inline std::uint32_t as_u32(const Field& field) { return static_cast<std::uint32_t>(field.value); }

}  // namespace waymark::wire
