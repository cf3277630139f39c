#include "ctl/base64.h"

#include <catch2/catch.hpp>

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

}  // namespace
}  // namespace waymark::ctl
