#include "ctl/base64.h"

#include <catch2/catch.hpp>

#include "ctl/hexdump.h"

namespace waymark::ctl {
namespace {

using namespace std::string_view_literals;

TEST_CASE("keeps the vectors of RFC 4648") {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text) == bytes);
  }
}

TEST_CASE("brings every byte back") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    CHECK(from_base64(to_base64(bytes)) == bytes);
  }
}

TEST_CASE("refuses what is not whole or not canonical") {
  for (const std::string_view text : {"A", "AA", "AAA", "AAAA=", "====", "A===", "AA=A",
                                      "Zh==", "Zm9=", "AA A", "AAA\n", "AA-_", "AA\xff="}) {
    INFO(text);
    CHECK(!from_base64(text));
  }
}

TEST_CASE("dumps sixteen bytes a line with what can be read") {
  CHECK(hexdump("").empty());
  CHECK(hexdump("0123456789abcdef\x1b\n"sv) ==
        "  00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
        "  00000010  1b 0a                                             |..|\n");
}

}  // namespace
}  // namespace waymark::ctl
