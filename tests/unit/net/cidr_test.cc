#include "net/cidr.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/status.h"

namespace waymark::net {
namespace {

bool contains(const std::string& block, const std::string& host) {
  const auto cidr = Cidr::parse(block);
  REQUIRE(cidr.ok());
  const auto address = Address::from_numeric(host, 80);
  REQUIRE(address.ok());
  return cidr->contains(*address);
}

TEST_CASE("a block contains the addresses of its prefix and no others") {
  CHECK(contains("192.0.2.0/24", "192.0.2.0"));
  CHECK(contains("192.0.2.0/24", "192.0.2.255"));
  CHECK(!contains("192.0.2.0/24", "192.0.3.0"));
  CHECK(contains("192.0.2.128/25", "192.0.2.129"));
  CHECK(!contains("192.0.2.128/25", "192.0.2.127"));
  CHECK(contains("192.0.2.7", "192.0.2.7"));
  CHECK(!contains("192.0.2.7", "192.0.2.6"));
  CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK(!contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST_CASE("the whole of one family is not the whole of the other") {
  CHECK(contains("0.0.0.0/0", "203.0.113.9"));
  CHECK(!contains("0.0.0.0/0", "2001:db8::1"));
  CHECK(contains("::/0", "2001:db8::1"));
}

TEST_CASE("a client of a dual-stack socket is an IPv4 address") {
  CHECK(contains("192.0.2.0/24", "::ffff:192.0.2.1"));
  CHECK(!contains("192.0.2.0/24", "::ffff:198.51.100.1"));
}

TEST_CASE("what is no block is refused, with what is allowed") {
  for (const char* text : {"", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8",
                           "192.0.2.0/8x", "2001:db8::/129", "localhost", "192.0.2.1/24", "10/8"}) {
    INFO(text);
    const auto cidr = Cidr::parse(text);
    REQUIRE(!cidr.ok());
    CHECK_THAT(std::string(message_of(cidr.status())),
               Catch::Contains("allowed: an address, or a network as 192.0.2.0/24"));
  }
}

}  // namespace
}  // namespace waymark::net
