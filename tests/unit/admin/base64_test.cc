#include "admin/base64.h"

#include <catch2/catch.hpp>

namespace waymark::admin {
namespace {

TEST_CASE("decodes the examples of RFC 4648") {
  CHECK(decode_base64("") == "");
  CHECK(decode_base64("Zg==") == "f");
  CHECK(decode_base64("Zm8=") == "fo");
  CHECK(decode_base64("Zm9v") == "foo");
  CHECK(decode_base64("Zm9vYmE=") == "fooba");
  CHECK(decode_base64("+/8A") == std::string("\xfb\xff\x00", 3));
}

TEST_CASE("encodes what it decodes") {
  CHECK(encode_base64("") == "");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(decode_base64(encode_base64(bytes)) == bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
  CHECK(encode_base64("fooba") == "Zm9vYmE=");
  CHECK(encode_base64(std::string("\xfb\xff\x00", 3)) == "+/8A");
}

TEST_CASE("refuses what is not exactly base64") {
  for (const auto* text : {"Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zm-_", "=Zm9", "Zg=a",
                           "Zh==", "Zm9=", "A==="}) {
    INFO(text);
    CHECK_FALSE(decode_base64(text).has_value());
  }
}

}  // namespace
}  // namespace waymark::admin
