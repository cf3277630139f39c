#include "net/address.h"

#include <catch2/catch.hpp>
#include <string>

namespace waymark::net {
namespace {

TEST_CASE("reads numeric addresses of both families and writes them back") {
  const auto [host, port, text, family] =
      GENERATE(table<std::string, std::uint16_t, std::string, int>({
          {"127.0.0.1", 7999, "127.0.0.1:7999", AF_INET},
          {"0.0.0.0", 0, "0.0.0.0:0", AF_INET},
          {"255.255.255.255", 65535, "255.255.255.255:65535", AF_INET},
          {"::", 80, "[::]:80", AF_INET6},
          {"::1", 80, "[::1]:80", AF_INET6},
          {"2001:DB8:0:0:0:0:0:1", 443, "[2001:db8::1]:443", AF_INET6},
          {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535,
           "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", AF_INET6},
      }));
  const auto address = Address::from_numeric(host, port);
  REQUIRE(address.ok());
  CHECK(address->to_string() == text);
  CHECK(address->port() == port);
  CHECK(address->family() == family);
  CHECK(address->size() == (family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
}

TEST_CASE("an IPv4 client of a dual-stack socket reads as IPv4") {
  const auto address = Address::from_numeric("::ffff:192.0.2.1", 80);
  REQUIRE(address.ok());
  CHECK(address->family() == AF_INET6);
  CHECK(address->to_string() == "192.0.2.1:80");
}

TEST_CASE("refuses what is not numeric, and says what is") {
  const std::string host = GENERATE("", "localhost", "127.0.0", "127.0.0.1.1", "256.0.0.1", "[::1]",
                                    "::1%lo", ":::", "1 2.0.0.1", "127.0.0.1:80", "fe80::12345");
  CAPTURE(host);
  const auto address = Address::from_numeric(host, 80);
  REQUIRE_FALSE(address.ok());
  CHECK(address.status().code() == absl::StatusCode::kInvalidArgument);
  const std::string message(address.status().message());
  CHECK(message == "'" + host + "' is not a numeric address, allowed: an IPv4 or IPv6 address");
}

}  // namespace
}  // namespace waymark::net
