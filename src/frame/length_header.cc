#include "frame/length_header.h"

#include <algorithm>
#include <limits>

namespace waymark::frame {
namespace {

using FieldBytes = std::array<char, kMostFieldBytes>;

struct Field {
  bool malformed = false;
  std::size_t bytes = 0;  // 0: not complete
  std::uint64_t value = 0;
};

// Copies what `pieces` hold from `offset` on, as much as fits, and returns it.
std::string_view gather(std::span<const std::string_view> pieces, std::size_t offset,
                        FieldBytes& out) {
  std::size_t size = 0;
  for (std::string_view piece : pieces) {
    const std::size_t skipped = std::min(offset, piece.size());
    offset -= skipped;
    size += piece.substr(skipped).copy(out.data() + size, out.size() - size);
  }
  return {out.data(), size};
}

Field read_varint(std::string_view bytes) {
  Field field;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i == kMostFieldBytes - 1 && byte > 1) return {.malformed = true};
    field.value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      field.bytes = i + 1;
      return field;
    }
  }
  return {};
}

Field read_field(const LengthPrefix& length, std::string_view bytes) {
  if (length.field == LengthField::varint) return read_varint(bytes);
  const std::size_t width = least_field_bytes(length.field);
  if (bytes.size() < width) return {};
  Field field{.bytes = width};
  for (std::size_t i = 0; i < width; ++i) {
    const char byte = bytes[length.order == ByteOrder::big ? i : width - 1 - i];
    field.value = field.value << 8 | static_cast<unsigned char>(byte);
  }
  return field;
}

std::uint8_t write_varint(std::uint64_t value, FieldBytes& out) {
  std::uint8_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = static_cast<char>(value | 0x80);
  out[size++] = static_cast<char>(value);
  return size;
}

}  // namespace

std::size_t least_field_bytes(LengthField field) {
  switch (field) {
    case LengthField::u8:
    case LengthField::varint:
      return 1;
    case LengthField::u16:
      return 2;
    case LengthField::u32:
      return 4;
    case LengthField::u64:
      break;
  }
  return 8;
}

std::uint64_t largest_value(LengthField field) {
  if (field == LengthField::varint) return std::numeric_limits<std::uint64_t>::max();
  return std::numeric_limits<std::uint64_t>::max() >> (64 - 8 * least_field_bytes(field));
}

LengthHeader read_length_header(const Framing& framing, std::span<const std::string_view> pieces) {
  const LengthPrefix& length = framing.length;
  FieldBytes scratch;
  const Field field = read_field(length, gather(pieces, length.offset, scratch));
  if (field.malformed) return {.fault = Fault::malformed};
  if (field.bytes == 0) return {};

  std::int64_t body = 0;
  if (__builtin_add_overflow(field.value, length.adjustment, &body) || body < 0) {
    return {.fault = Fault::malformed};
  }
  const std::size_t header = length.offset + field.bytes;
  const std::size_t frame = header + static_cast<std::size_t>(body);
  if (frame - (length.strip ? header : 0) > framing.max_frame_bytes) {
    return {.fault = Fault::too_large};
  }
  return {.header_bytes = header, .frame_bytes = frame};
}

std::uint8_t write_length_field(const LengthPrefix& length, std::size_t body_bytes,
                                std::array<char, kMostFieldBytes>& out) {
  std::uint64_t value = 0;
  if (__builtin_sub_overflow(body_bytes, length.adjustment, &value) ||
      value > largest_value(length.field)) {
    return 0;
  }
  if (length.field == LengthField::varint) return write_varint(value, out);
  const std::size_t width = least_field_bytes(length.field);
  for (std::size_t i = 0; i < width; ++i) {
    out[length.order == ByteOrder::big ? width - 1 - i : i] = static_cast<char>(value);
    value >>= 8;
  }
  return static_cast<std::uint8_t>(width);
}

}  // namespace waymark::frame
