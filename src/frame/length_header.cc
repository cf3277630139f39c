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

Field read_digits(std::string_view digits, unsigned base) {
  Field field{.bytes = digits.size()};
  for (const char c : digits) {
    unsigned digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
    if (digit >= base) return {.malformed = true};
    field.value = field.value * base + digit;
  }
  return field;
}

Field read_integer(ByteOrder order, std::string_view bytes) {
  Field field{.bytes = bytes.size()};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char byte = bytes[order == ByteOrder::big ? i : bytes.size() - 1 - i];
    field.value = field.value << 8 | static_cast<unsigned char>(byte);
  }
  return field;
}

Field read_field(const LengthPrefix& length, std::string_view bytes) {
  if (length.field == LengthField::varint) return read_varint(bytes);
  const std::size_t width = least_field_bytes(length);
  if (bytes.size() < width) return {};
  bytes = bytes.substr(0, width);
  if (length.field == LengthField::decimal) return read_digits(bytes, 10);
  if (length.field == LengthField::hex) return read_digits(bytes, 16);
  Field field = read_integer(length.order, bytes);
  if (length.bits != 0) field.value &= largest_value(length);
  return field;
}

std::uint8_t write_digits(std::uint64_t value, unsigned base, std::size_t digits, FieldBytes& out) {
  for (std::size_t i = digits; i-- > 0; value /= base) out[i] = "0123456789ABCDEF"[value % base];
  return static_cast<std::uint8_t>(digits);
}

std::uint8_t write_varint(std::uint64_t value, FieldBytes& out) {
  std::uint8_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = static_cast<char>(value | 0x80);
  out[size++] = static_cast<char>(value);
  return size;
}

}  // namespace

std::size_t least_field_bytes(const LengthPrefix& length) {
  switch (length.field) {
    case LengthField::u8:
    case LengthField::varint:
      return 1;
    case LengthField::u16:
      return 2;
    case LengthField::u24:
      return 3;
    case LengthField::u32:
      return 4;
    case LengthField::u64:
      return 8;
    case LengthField::decimal:
    case LengthField::hex:
      break;
  }
  return length.digits;
}

std::uint64_t largest_value(const LengthPrefix& length) {
  constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  if (length.field == LengthField::varint) return kAll;
  if (length.field == LengthField::hex) return kAll >> (64 - 4 * length.digits);
  if (length.field == LengthField::decimal) {
    std::uint64_t beyond = 1;
    for (int i = 0; i < length.digits; ++i) beyond *= 10;
    return beyond - 1;
  }
  return kAll >> (64 - (length.bits != 0 ? length.bits : 8 * least_field_bytes(length)));
}

std::size_t counted_header_bytes(const LengthPrefix& length, std::size_t field_bytes) {
  switch (length.counts) {
    case LengthCounts::rest:
      return 0;
    case LengthCounts::field:
      return field_bytes;
    case LengthCounts::frame:
      break;
  }
  return length.offset + field_bytes;
}

LengthHeader read_length_header(const Framing& framing, std::span<const std::string_view> pieces) {
  const LengthPrefix& length = framing.length;
  FieldBytes scratch;
  const Field field = read_field(length, gather(pieces, length.offset, scratch));
  if (field.malformed) return {.fault = Fault::malformed};
  if (field.bytes == 0) return {};

  std::int64_t body = 0;
  const auto counted = static_cast<std::int64_t>(counted_header_bytes(length, field.bytes));
  if (__builtin_add_overflow(field.value, length.adjustment - counted, &body) || body < 0) {
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
  // A varint that counts itself: the shortest that does.
  const std::size_t most = length.field == LengthField::varint ? kMostFieldBytes : 1;
  for (std::size_t bytes = least_field_bytes(length), tried = 0; tried < most; ++bytes, ++tried) {
    std::uint64_t value = 0;
    const auto counted = static_cast<std::int64_t>(counted_header_bytes(length, bytes));
    if (__builtin_sub_overflow(body_bytes, length.adjustment - counted, &value) ||
        value > largest_value(length)) {
      return 0;
    }
    switch (length.field) {
      case LengthField::varint:
        if (const std::uint8_t written = write_varint(value, out); written == bytes) return written;
        continue;
      case LengthField::decimal:
        return write_digits(value, 10, length.digits, out);
      case LengthField::hex:
        return write_digits(value, 16, length.digits, out);
      default:
        break;
    }
    for (std::size_t i = 0; i < bytes; ++i) {
      out[length.order == ByteOrder::big ? bytes - 1 - i : i] = static_cast<char>(value);
      value >>= 8;
    }
    return static_cast<std::uint8_t>(bytes);
  }
  return 0;
}

}  // namespace waymark::frame
