#include "frame/framing.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/status.h"

namespace waymark::frame {
namespace {

std::string refusal(const Framing& framing) {
  const absl::Status status = framing.validate();
  return status.ok() ? "" : std::string(message_of(status));
}

Framing delimited(std::vector<std::string> delimiters) {
  return {.kind = Kind::delimiter, .delimiters = std::move(delimiters)};
}

Framing prefixed(LengthPrefix length, std::size_t max = 1000) {
  return {.kind = Kind::length_prefix, .max_frame_bytes = max, .length = length};
}

TEST_CASE("accepts what a stream can be cut by") {
  CHECK(refusal({}) == "");
  CHECK(refusal({.kind = Kind::line, .max_frame_bytes = 1, .ending = Ending::crlf}) == "");
  CHECK(refusal({.max_frame_bytes = 16 * 1024 * 1024}) == "");
  CHECK(refusal(delimited({"\n", "\r\n", std::string("\0", 1)})) == "");
  CHECK(refusal({.kind = Kind::fixed, .max_frame_bytes = 8, .fixed_bytes = 8}) == "");
  CHECK(refusal(prefixed({})) == "");
  CHECK(refusal(prefixed({.offset = 3, .adjustment = -7, .strip = false}, 7)) == "");
  CHECK(refusal(prefixed({.field = LengthField::u8, .adjustment = -255})) == "");
  CHECK(refusal(prefixed({.field = LengthField::u64, .adjustment = -INT64_MAX})) == "");
}

TEST_CASE("refuses frame limits out of range") {
  CHECK(refusal({.max_frame_bytes = 0}) == "max_frame_bytes: 0 given, 1 to 16777216 allowed");
  CHECK(refusal({.max_frame_bytes = 16 * 1024 * 1024 + 1}) ==
        "max_frame_bytes: 16777217 given, 1 to 16777216 allowed");
}

TEST_CASE("refuses line endings for framings without lines") {
  CHECK(refusal({.kind = Kind::raw, .ending = Ending::lf}) ==
        "egress: only line framing takes lf or crlf");
}

TEST_CASE("refuses delimiters that are missing, empty, too many, too long or double") {
  CHECK(refusal(delimited({})) == "delimiters: 0 given, 1 to 16 allowed");
  CHECK(refusal(delimited(std::vector<std::string>(17, "x"))) ==
        "delimiters: 17 given, 1 to 16 allowed");
  CHECK(refusal(delimited({"a", ""})) == "delimiters[1]: 0 bytes given, 1 to 256 allowed");
  CHECK(refusal(delimited({std::string(257, 'x')})) ==
        "delimiters[0]: 257 bytes given, 1 to 256 allowed");
  CHECK(refusal(delimited({"a", "b", "a"})) == "delimiters[2]: the same as delimiters[0]");
}

TEST_CASE("refuses a delimiter that another one always ends earlier") {
  CHECK(refusal(delimited({"abc", "b"})) ==
        "delimiters[0]: never matches, because delimiters[1] ends earlier inside it");
  CHECK(refusal(delimited({"a", "ab"})) ==
        "delimiters[1]: never matches, because delimiters[0] ends earlier inside it");
  CHECK(refusal(delimited({"bb", "abb"})) == "");
  CHECK(refusal(delimited({"b", "bab"})) != "");  // both inside and as its suffix
}

TEST_CASE("refuses fixed sizes out of range") {
  CHECK(refusal({.kind = Kind::fixed, .max_frame_bytes = 8}) ==
        "fixed.bytes: 0 given, 1 to max_frame_bytes 8 allowed");
  CHECK(refusal({.kind = Kind::fixed, .max_frame_bytes = 8, .fixed_bytes = 9}) ==
        "fixed.bytes: 9 given, 1 to max_frame_bytes 8 allowed");
}

TEST_CASE("refuses length prefixes by which no frame could be read or answered") {
  CHECK(refusal(prefixed({.offset = 2})) ==
        "length_prefix.offset: must be 0 with strip, or the 2 bytes before the field would be "
        "lost");
  CHECK(refusal(prefixed({.offset = 11, .strip = false}, 10)) ==
        "length_prefix.offset: 11 is above max_frame_bytes 10");
  CHECK(refusal(prefixed({.offset = 3, .strip = false}, 6)) ==
        "max_frame_bytes: 6 is less than the header's 7 bytes");
  CHECK(refusal(prefixed({.adjustment = 11}, 10)) ==
        "length_prefix.adjustment: 11 makes every frame larger than max_frame_bytes 10");
  CHECK(refusal(prefixed({.field = LengthField::u8, .adjustment = -256})) ==
        "length_prefix.adjustment: -256 makes the size of every frame negative");
  CHECK(refusal(prefixed({.field = LengthField::varint, .adjustment = INT64_MIN})) != "");
}

}  // namespace
}  // namespace waymark::frame
