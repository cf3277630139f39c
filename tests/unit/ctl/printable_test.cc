#include "ctl/printable.h"

#include <catch2/catch.hpp>

#include "base/utf8.h"
#include "ctl/columns.h"

namespace waymark::ctl {
namespace {

using namespace std::string_view_literals;

TEST_CASE("text of any language stays as it is") {
  for (const std::string_view text : {"abc \\ \"'", "Grüße", "日本語", "🚀", ""}) {
    CHECK(printable(text) == text);
  }
}

TEST_CASE("escapes what steers a terminal") {
  CHECK(printable("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
  CHECK(printable("a\nb\tc\rd\0e\x7f"sv) == "a\\nb\\tc\\rd\\x00e\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\u{009b}31m");  // C1: one character that begins a sequence
}

TEST_CASE("escapes what turns or hides text") {
  CHECK(printable("\u202e") == "\\u{202e}");
  CHECK(printable("\u2066\u2069\u200b\ufeff") == "\\u{2066}\\u{2069}\\u{200b}\\u{feff}");
  CHECK(printable("\u2028") == "\\u{2028}");
}

TEST_CASE("escapes bytes that are not UTF-8, and nothing of what follows them") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\xc3") == "\\xc3");
  CHECK(printable("\xc0\xaf!") == "\\xc0\\xaf!");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xe6\x97\x1b[0m") == "\\xe6\\x97\\x1b[0m");
}

TEST_CASE("whatever comes in, what comes out is one line of UTF-8") {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string out = printable(std::string{static_cast<char>(a), static_cast<char>(b)});
      REQUIRE(is_utf8(out));
      for (const char c : out) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    }
  }
}

TEST_CASE("documents keep their lines") {
  CHECK(printable_lines("a: 1\nb: \x1b\n") == "a: 1\nb: \\x1b\n");
}

TEST_CASE("knows how many columns a text takes") {
  CHECK(width_of("abc"sv) == 3);
  CHECK(width_of("Grüße"sv) == 5);
  CHECK(width_of("日本"sv) == 4);
  CHECK(width_of("e\u0301"sv) == 1);
  CHECK(width_of("🚀"sv) == 2);
}

TEST_CASE("cuts between characters") {
  CHECK(fit("abc", 2) == "ab");
  CHECK(fit("日本", 3) == "日");
  CHECK(fit("e\u0301x", 1) == "e\u0301");
  CHECK(fit("abc", 9) == "abc");
  CHECK(fit("abc", 0).empty());
}

}  // namespace
}  // namespace waymark::ctl
