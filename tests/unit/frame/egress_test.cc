#include "frame/egress.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace waymark::frame {
namespace {

using std::string_view_literals::operator""sv;

const std::string kRefused = "NOT_FRAMEABLE";

// The bytes written for a payload in these pieces.
std::string written(const Framing& framing, std::vector<std::string_view> pieces,
                    std::uint8_t last_ending = 0) {
  const auto envelope = wrap(framing, last_ending, pieces);
  if (!envelope) return kRefused;
  std::string bytes(envelope->head_bytes());
  for (std::string_view piece : pieces) bytes += piece;
  return bytes.append(envelope->tail);
}

Framing prefixed(LengthPrefix length, std::size_t max = 1000) {
  return {.kind = Kind::length_prefix, .max_frame_bytes = max, .length = length};
}

TEST_CASE("raw: writes the payload as it is") {
  const Framing raw{.kind = Kind::raw, .max_frame_bytes = 4};
  CHECK(written(raw, {"ab", "", "cd"}) == "abcd");
  CHECK(written(raw, {}) == "");
  CHECK(written(raw, {"ab", "cde"}) == kRefused);
}

TEST_CASE("line: ends as the client's latest line did, or as configured") {
  const Framing same{.kind = Kind::line};
  CHECK(written(same, {"a", "b"}, 0) == "ab\n");
  CHECK(written(same, {"ab"}, 1) == "ab\r\n");
  CHECK(written(same, {}, 1) == "\r\n");
  CHECK(written({.kind = Kind::line, .ending = Ending::lf}, {"ab"}, 1) == "ab\n");
  CHECK(written({.kind = Kind::line, .ending = Ending::crlf}, {"ab"}, 0) == "ab\r\n");
}

TEST_CASE("line: refuses what would be read as another line") {
  const Framing same{.kind = Kind::line, .max_frame_bytes = 4};
  CHECK(written(same, {"a\nb"}) == kRefused);
  CHECK(written(same, {"ab", "\n"}, 1) == kRefused);
  CHECK(written(same, {"a\r", ""}, 0) == kRefused);
  CHECK(written(same, {"a\r", ""}, 1) == "a\r\r\n");
  CHECK(written(same, {"a\rb"}, 0) == "a\rb\n");
  CHECK(written(same, {"abcd"}) == "abcd\n");
  CHECK(written(same, {"abcde"}) == kRefused);
}

TEST_CASE("delimiter: ends with the one the client used last") {
  const Framing framing{.kind = Kind::delimiter, .delimiters = {"\n", "\r\n", "abab"}};
  CHECK(written(framing, {"x"}, 0) == "x\n");
  CHECK(written(framing, {"x", "y"}, 1) == "xy\r\n");
  CHECK(written(framing, {}, 2) == "abab");
}

TEST_CASE("delimiter: refuses what ends early or as another delimiter") {
  const Framing framing{.kind = Kind::delimiter, .delimiters = {"\n", "\r\n", "abab"}};
  CHECK(written(framing, {"x\ny"}, 2) == kRefused);
  CHECK(written(framing, {"xa", "b", "aby"}, 0) == kRefused);  // across pieces
  CHECK(written(framing, {"x\r"}, 0) == kRefused);             // longer across the seam
  CHECK(written(framing, {"x\r"}, 1) == "x\r\r\n");
  CHECK(written(framing, {"xab"}, 2) == kRefused);  // earlier across the seam
  CHECK(written(framing, {"xaba"}, 2) == "xabaabab");
}

TEST_CASE("fixed: refuses every other size") {
  const Framing framing{.kind = Kind::fixed, .fixed_bytes = 3};
  CHECK(written(framing, {"a", "bc"}) == "abc");
  CHECK(written(framing, {"ab"}) == kRefused);
  CHECK(written(framing, {"abcd"}) == kRefused);
}

TEST_CASE("length_prefix: writes fields of every width and order") {
  const auto header = [](LengthField field, ByteOrder order) {
    return written(prefixed({.field = field, .order = order}), {"a", "b"});
  };
  CHECK(header(LengthField::u8, ByteOrder::big) == "\2ab"sv);
  CHECK(header(LengthField::u16, ByteOrder::big) == "\0\2ab"sv);
  CHECK(header(LengthField::u16, ByteOrder::little) == "\2\0ab"sv);
  CHECK(header(LengthField::u32, ByteOrder::big) == "\0\0\0\2ab"sv);
  CHECK(header(LengthField::u32, ByteOrder::little) == "\2\0\0\0ab"sv);
  CHECK(header(LengthField::u64, ByteOrder::big) == "\0\0\0\0\0\0\0\2ab"sv);
  CHECK(header(LengthField::u64, ByteOrder::little) == "\2\0\0\0\0\0\0\0ab"sv);
  CHECK(header(LengthField::varint, ByteOrder::big) == "\2ab"sv);
  const std::string large(300, 'x');
  CHECK(written(prefixed({.field = LengthField::varint}), {large}) == "\xac\x02" + large);
}

TEST_CASE("length_prefix: refuses a size that the field cannot say") {
  const Framing small = prefixed({.field = LengthField::u8});
  CHECK(written(small, {std::string(255, 'x')}) == '\xff' + std::string(255, 'x'));
  CHECK(written(small, {std::string(256, 'x')}) == kRefused);
  const Framing adjusted = prefixed({.field = LengthField::u8, .adjustment = 2});
  CHECK(written(adjusted, {"ab"}) == "\0ab"sv);
  CHECK(written(adjusted, {"a"}) == kRefused);
  const Framing negative = prefixed({.field = LengthField::u8, .adjustment = -1});
  CHECK(written(negative, {"a"}) == "\2a");
}

TEST_CASE("length_prefix: a payload that keeps its header must announce its own size") {
  const Framing framing =
      prefixed({.field = LengthField::u16, .offset = 1, .adjustment = -3, .strip = false}, 8);
  CHECK(written(framing, {"T\0\5ab"sv}) == "T\0\5ab"sv);
  CHECK(written(framing, {"T"sv, ""sv, "\0"sv, "\5a"sv, "b"sv}) == "T\0\5ab"sv);
  CHECK(written(framing, {"T\0\6ab"sv}) == kRefused);
  CHECK(written(framing, {"T\0\4ab"sv}) == kRefused);
  CHECK(written(framing, {"T\0\1ab"sv}) == kRefused);  // negative
  CHECK(written(framing, {"T\0"sv}) == kRefused);
  CHECK(written(framing, {}) == kRefused);
}

}  // namespace
}  // namespace waymark::frame
