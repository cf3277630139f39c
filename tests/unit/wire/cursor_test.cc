#include "wire/cursor.h"

#include <catch2/catch.hpp>
#include <string>

#include "agreement.h"
#include "wire/writer.h"

namespace waymark::wire {
namespace {

// A varint of `size` bytes: `value` in its first ones, then nothing but padding.
std::string padded(std::uint64_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    const auto low = static_cast<char>(value & 0x7f);
    out.push_back(i + 1 < size ? static_cast<char>(low | 0x80) : low);
    value >>= 7;
  }
  return out;
}

std::string nested_groups(int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) add_varint(out, tag(100, WireType::group));
  for (int i = 0; i < depth; ++i) add_varint(out, tag(100, WireType::end_group));
  return out;
}

TEST_CASE("a varint gives its value back, however it is cut") {
  for (unsigned bits = 0; bits <= 64; ++bits) {
    const std::uint64_t value = bits == 0 ? 0 : ~std::uint64_t{0} >> (64 - bits);
    std::string encoded;
    add_varint(encoded, value);
    CHECK(encoded.size() == varint_size(value));
    for (const SplitMessage& split : {in_one_piece(encoded), byte_by_byte(encoded)}) {
      Cursor cursor(split.pieces());
      std::uint64_t read = 0;
      REQUIRE(cursor.read_varint(read));
      CHECK(read == value);
      CHECK(cursor.at_end());
    }
  }
}

TEST_CASE("varints may be padded to ten bytes, tags and lengths to five") {
  std::uint64_t number = 0;
  std::uint32_t field_tag = 0;
  Bytes bytes;
  for (std::size_t size = 1; size <= 11; ++size) {
    CAPTURE(size);
    const std::string encoded = padded(10, size);
    const SplitMessage split = in_one_piece(encoded);
    CHECK(Cursor(split.pieces()).read_varint(number) == (size <= 10));
    CHECK(Cursor(split.pieces()).read_tag(field_tag) == (size <= 5));
    const std::string text = encoded + "ten bytes!";
    const SplitMessage text_pieces = in_one_piece(text);
    CHECK(Cursor(text_pieces.pieces()).read_bytes(bytes) == (size <= 5));
  }
}

TEST_CASE("bits a number has no room for are dropped") {
  std::uint64_t number = 0;
  const std::string ten_ones = std::string(9, '\xff') + '\x7f';
  REQUIRE(Cursor(in_one_piece(ten_ones).pieces()).read_varint(number));
  CHECK(number == ~std::uint64_t{0});

  std::uint32_t field_tag = 0;
  const std::string high_tag = "\x8a\x80\x80\x80\x70";
  REQUIRE(Cursor(in_one_piece(high_tag).pieces()).read_tag(field_tag));
  CHECK(field_tag == 10);
}

TEST_CASE("field number zero is refused with any wire type") {
  for (char zero = 0; zero < 8; ++zero) {
    std::uint32_t field_tag = 0;
    CHECK_FALSE(Cursor(in_one_piece(std::string(1, zero)).pieces()).read_tag(field_tag));
  }
}

TEST_CASE("a length beyond the end is refused") {
  Bytes bytes;
  for (const std::uint64_t size : {4ULL, 0x7fffffffULL, 0xffffffffULL, 0x7ffffffffULL}) {
    std::string encoded;
    add_varint(encoded, size);
    encoded += "abc";
    const SplitMessage split = in_one_piece(encoded);
    CHECK_FALSE(Cursor(split.pieces()).read_bytes(bytes));
  }
}

TEST_CASE("bytes over many pieces are shown piece by piece") {
  const std::vector<std::string_view> views = {"", "\x05", "", "ab", "", "", "cde", "f"};
  Cursor cursor{Pieces(views)};
  Bytes bytes;
  REQUIRE(cursor.read_bytes(bytes));
  CHECK(bytes.size() == 5);
  CHECK_FALSE(bytes.contiguous());
  std::vector<std::string_view> seen;
  bytes.for_each([&](std::string_view piece) { seen.push_back(piece); });
  CHECK(seen == std::vector<std::string_view>{"ab", "cde"});
  CHECK(bytes.to_string() == "abcde");
  CHECK_FALSE(cursor.at_end());
}

TEST_CASE("a fixed64 is little-endian, however it is cut") {
  const std::string encoded = "\x01\x02\x03\x04\x05\x06\x07\x08";
  for (const SplitMessage& split : {in_one_piece(encoded), byte_by_byte(encoded)}) {
    std::uint64_t value = 0;
    REQUIRE(Cursor(split.pieces()).read_fixed64(value));
    CHECK(value == 0x0807060504030201);
  }
  std::uint64_t value = 0;
  CHECK_FALSE(Cursor(in_one_piece(encoded.substr(1)).pieces()).read_fixed64(value));
}

TEST_CASE("groups are passed over as deep as protobuf goes") {
  for (const int depth : {1, 2, 64, 65, 99, 100, 101, 200}) {
    CAPTURE(depth);
    const std::string message = nested_groups(depth);
    const Readings readings = read_commands(message, in_one_piece(message).pieces());
    CHECK(readings.sound() == (depth <= 100));
    CHECK(readings.ours == readings.protobufs);
  }
}

TEST_CASE("a group ends with its own number only") {
  for (const std::uint32_t end : {100U, 101U}) {
    std::string message;
    add_varint(message, tag(100, WireType::group));
    add_uint(message, 1, 5);
    add_varint(message, tag(end, WireType::end_group));
    check_agreement(read_commands, message, byte_by_byte(message));
    CHECK(read_commands(message, byte_by_byte(message).pieces()).sound() == (end == 100));
  }
}

}  // namespace
}  // namespace waymark::wire
