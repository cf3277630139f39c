#include "wire/cursor.h"

#include <bit>

namespace waymark::wire {
namespace {

static_assert(std::endian::native == std::endian::little, "fixed64 is read by memcpy");

// The limits of protobuf's own readers. Tags and lengths are 32-bit numbers, so that padding may
// stretch them to five bytes, not to ten.
constexpr int kMaxVarintBytes = 10;
constexpr int kMaxVarint32Bytes = 5;
constexpr int kMaxGroupDepth = 100;

}  // namespace

Cursor::Cursor(Pieces pieces) {
  for (std::string_view piece : pieces) left_ += piece.size();
  rest_ = pieces.data();
  if (left_ > 0) enter_next_piece();
}

Cursor::Cursor(const Bytes& bytes) : left_(bytes.size()) {
  at_ = bytes.head().data();
  piece_end_ = at_ + bytes.head().size();
  rest_ = bytes.rest();
  if (left_ > 0 && at_ == piece_end_) enter_next_piece();
}

// Requires left_ > 0.
void Cursor::enter_next_piece() {
  do {
    at_ = rest_->data();
    piece_end_ = at_ + rest_->size();
    ++rest_;
  } while (at_ == piece_end_);
}

bool Cursor::read_byte(std::uint8_t& byte) {
  if (left_ == 0) return false;
  byte = static_cast<std::uint8_t>(*at_++);
  if (--left_ > 0 && at_ == piece_end_) enter_next_piece();
  return true;
}

bool Cursor::read_varint(std::uint64_t& value) { return read_varint(value, kMaxVarintBytes); }

bool Cursor::read_varint(std::uint64_t& value, int max_bytes) {
  // One byte is by far the most frequent case: tags, small lengths.
  if (left_ > 1 && at_ + 1 < piece_end_ && static_cast<std::uint8_t>(*at_) < 0x80) {
    value = static_cast<std::uint8_t>(*at_++);
    --left_;
    return true;
  }
  value = 0;
  for (int i = 0; i < max_bytes; ++i) {
    std::uint8_t byte = 0;
    if (!read_byte(byte)) return false;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) return true;
  }
  return false;
}

bool Cursor::read_tag(std::uint32_t& tag) {
  std::uint64_t value = 0;
  if (!read_varint(value, kMaxVarint32Bytes)) return false;
  tag = static_cast<std::uint32_t>(value);
  return tag >> 3 != 0;  // no field has the number 0
}

bool Cursor::read_fixed64(std::uint64_t& value) {
  if (left_ < 8) return false;
  if (piece_end_ - at_ >= 8) {
    std::memcpy(&value, at_, 8);
    return advance(8);
  }
  value = 0;
  for (int i = 0; i < 8; ++i) {
    std::uint8_t byte = 0;
    if (!read_byte(byte)) return false;
    value |= static_cast<std::uint64_t>(byte) << (8 * i);
  }
  return true;
}

bool Cursor::read_bytes(Bytes& bytes) {
  std::uint64_t size = 0;
  if (!read_varint(size, kMaxVarint32Bytes) || size > left_) return false;
  bytes = Bytes({at_, static_cast<std::size_t>(piece_end_ - at_)}, rest_,
                static_cast<std::size_t>(size));
  return advance(static_cast<std::size_t>(size));
}

bool Cursor::advance(std::size_t size) {
  if (size > left_) return false;
  left_ -= size;
  while (size > 0) {
    const auto here = static_cast<std::size_t>(piece_end_ - at_);
    if (size < here) {
      at_ += size;
      return true;
    }
    at_ = piece_end_;
    size -= here;
    if (size > 0) enter_next_piece();
  }
  if (left_ > 0 && at_ == piece_end_) enter_next_piece();
  return true;
}

bool Cursor::skip(std::uint32_t tag) { return skip_value(tag, 0); }

bool Cursor::skip_value(std::uint32_t tag, int depth) {
  switch (static_cast<WireType>(tag & 7)) {
    case WireType::varint: {
      std::uint64_t ignored = 0;
      return read_varint(ignored);
    }
    case WireType::fixed64:
      return advance(8);
    case WireType::bytes: {
      Bytes ignored;
      return read_bytes(ignored);
    }
    case WireType::group:
      return skip_group(tag >> 3, depth + 1);
    case WireType::fixed32:
      return advance(4);
    case WireType::end_group:
      break;
  }
  return false;
}

bool Cursor::skip_group(std::uint32_t field, int depth) {
  if (depth > kMaxGroupDepth) return false;
  for (;;) {
    std::uint32_t tag = 0;
    if (!read_tag(tag)) return false;
    if ((tag & 7) == static_cast<std::uint32_t>(WireType::end_group)) return tag >> 3 == field;
    if (!skip_value(tag, depth)) return false;
  }
}

}  // namespace waymark::wire
