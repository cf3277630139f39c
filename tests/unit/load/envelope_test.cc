#include "load/envelope.h"

#include <catch2/catch.hpp>

namespace waymark::load {
namespace {

Envelope envelope(std::string_view text) {
  auto parsed = Envelope::parse(text);
  REQUIRE(parsed.ok());
  return *std::move(parsed);
}

std::string prefix(const Envelope& envelope, std::size_t size) {
  char bytes[Envelope::kMaxPrefix];
  return {bytes, envelope.write_prefix(size, bytes)};
}

TEST_CASE("raw puts nothing around a payload") {
  const Envelope raw = envelope("raw");
  CHECK(prefix(raw, 300).empty());
  CHECK(raw.suffix().empty());
  CHECK_FALSE(raw.is_framed());
}

TEST_CASE("line ends with the asked ending and keeps both of its bytes out of payloads") {
  CHECK(envelope("line").suffix() == "\n");
  CHECK(envelope("line-crlf").suffix() == "\r\n");
  for (const char* text : {"line", "line-crlf"}) {
    CHECK(envelope(text).forbidden()['\n']);
    CHECK(envelope(text).forbidden()['\r']);
    CHECK(envelope(text).forbidden().count() == 2);
  }
}

TEST_CASE("length writes the payload's size in both byte orders and as a varint") {
  using namespace std::string_literals;
  CHECK(prefix(envelope("length:1"), 200) == "\xc8"s);
  CHECK(prefix(envelope("length:2"), 300) == "\x01\x2c"s);
  CHECK(prefix(envelope("length:4"), 300) == "\0\0\x01\x2c"s);
  CHECK(prefix(envelope("length:4le"), 300) == "\x2c\x01\0\0"s);
  CHECK(prefix(envelope("length:8"), 300) == "\0\0\0\0\0\0\x01\x2c"s);
  CHECK(prefix(envelope("length:varint"), 300) == "\xac\x02"s);
}

TEST_CASE("a length field bounds the payload") {
  CHECK(envelope("length:1").max_payload() == 255);
  CHECK(envelope("length:2").max_payload() == 65535);
  CHECK(envelope("length:4").max_payload() > 16 * 1024 * 1024);
}

TEST_CASE("a delimiter may be any bytes") {
  CHECK(envelope("delimiter:END").suffix() == "END");
  CHECK(envelope(R"(delimiter:\r\n\x00\\)").suffix() == std::string_view("\r\n\0\\", 4));
  CHECK(envelope("delimiter::").suffix() == ":");
}

TEST_CASE("fixed knows its size") {
  CHECK(envelope("fixed:64").fixed_size() == 64);
  CHECK_FALSE(envelope("raw").fixed_size());
}

TEST_CASE("what is no framing is refused") {
  for (const char* text :
       {"", "lines", "line:4", "fixed", "fixed:0", "fixed:x", "length:3", "length:4be",
        "length:1lele", "delimiter:", R"(delimiter:\q)", R"(delimiter:\x1)", R"(delimiter:\)"}) {
    CAPTURE(text);
    CHECK_FALSE(Envelope::parse(text).ok());
  }
}

}  // namespace
}  // namespace waymark::load
