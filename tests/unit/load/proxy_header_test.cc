#include "load/proxy_header.h"

#include <catch2/catch.hpp>
#include <string_view>

namespace waymark::load {
namespace {

using std::string_view_literals::operator""sv;

TEST_CASE("version 1 is a line of text") {
  CHECK(proxy_header(ProxyVersion::v1, 0) == "PROXY TCP4 198.18.0.0 198.19.0.1 1024 7999\r\n");
  CHECK(proxy_header(ProxyVersion::v1, 0x020103) ==
        "PROXY TCP4 198.18.1.3 198.19.0.1 1026 7999\r\n");
}

TEST_CASE("version 2 is the same in 28 bytes") {
  CHECK(proxy_header(ProxyVersion::v2, 0x020103) ==
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x12\x01\x03\xc6\x13\0\x01\x04\x02\x1f\x3f"sv);
}

TEST_CASE("no two connections say they are the same client") {
  CHECK(proxy_header(ProxyVersion::v2, 65535) != proxy_header(ProxyVersion::v2, 2 * 65536 - 1));
  CHECK(proxy_header(ProxyVersion::v2, 1) != proxy_header(ProxyVersion::v2, 2));
}

}  // namespace
}  // namespace waymark::load
