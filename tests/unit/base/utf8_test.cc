#include "base/utf8.h"

#include <catch2/catch.hpp>
#include <string>

namespace waymark {
namespace {

using namespace std::string_view_literals;

TEST_CASE("the code point at the start of a text, and the bytes it takes") {
  CHECK(decode_utf8("\0x"sv) == CodePoint{0, 1});
  CHECK(decode_utf8("\x7fx") == CodePoint{0x7f, 1});
  CHECK(decode_utf8("\xc2\x80x") == CodePoint{0x80, 2});
  CHECK(decode_utf8("\xdf\xbfx") == CodePoint{0x7ff, 2});
  CHECK(decode_utf8("\xe0\xa0\x80x") == CodePoint{0x800, 3});
  CHECK(decode_utf8("\xef\xbf\xbfx") == CodePoint{0xffff, 3});
  CHECK(decode_utf8("\xf0\x90\x80\x80x") == CodePoint{0x10000, 4});
  CHECK(decode_utf8("\xf4\x8f\xbf\xbfx") == CodePoint{0x10ffff, 4});
}

TEST_CASE("what is no UTF-8 is no code point") {
  const auto* const text = GENERATE(
      "\x80",  // a byte that follows another
      "\xff", "\xf5\x80\x80\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf",  // longer than need be
      "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",  // halves of a UTF-16 pair
      "\xf4\x90\x80\x80",                                  // beyond the last
      "\xc3", "\xe2\x82", "\xf0\x9f\x9a",                  // cut off
      "\xc3(", "\xe2\x82(");
  CHECK(decode_utf8(text) == CodePoint{});
  CHECK_FALSE(is_utf8(text));
  CHECK_FALSE(is_utf8(std::string("abc") + text + "abc"));
}

TEST_CASE("every code point but the surrogates is decoded from what it is written as") {
  for (std::uint32_t value = 0; value <= 0x10ffff; ++value) {
    std::string text;
    const auto rest = [&](int shift) {
      text += static_cast<char>(0x80 | ((value >> shift) & 0x3f));
    };
    if (value < 0x80) {
      text += static_cast<char>(value);
    } else if (value < 0x800) {
      text += static_cast<char>(0xc0 | (value >> 6));
      rest(0);
    } else if (value < 0x10000) {
      text += static_cast<char>(0xe0 | (value >> 12));
      rest(6), rest(0);
    } else {
      text += static_cast<char>(0xf0 | (value >> 18));
      rest(12), rest(6), rest(0);
    }
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    const CodePoint expected = surrogate ? CodePoint{} : CodePoint{value, text.size()};
    if (decode_utf8(text) != expected) FAIL("code point " << value);
  }
}

TEST_CASE("texts of any script are UTF-8, and so is none at all") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("Grüße, 日本, 🚀"));
}

}  // namespace
}  // namespace waymark
