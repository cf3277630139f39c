#include "load/options.h"

#include <catch2/catch.hpp>

namespace waymark::load {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a target is an address and a port") {
  const auto v4 = parse_target("127.0.0.1:7999");
  REQUIRE(v4.ok());
  CHECK(v4->host == "127.0.0.1");
  CHECK(v4->port == 7999);
  CHECK(parse_target("[::1]:80").value().host == "::1");
  CHECK(parse_target("localhost:80").value().host == "127.0.0.1");
  for (const char* text :
       {"", "7999", ":7999", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:80x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_target(text).ok());
  }
}

TEST_CASE("durations carry a unit") {
  CHECK(parse_duration("500ms").value() == milliseconds(500));
  CHECK(parse_duration("10s").value() == milliseconds(10'000));
  CHECK(parse_duration("2m").value() == milliseconds(120'000));
  CHECK(parse_duration("1h").value() == milliseconds(3'600'000));
  for (const char* text : {"", "10", "s", "-1s", "1.5s", "1 s", "99999999999s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).ok());
  }
}

TEST_CASE("sizes are bytes, KiB or MiB, alone or as a range") {
  CHECK(parse_size("64").value() == 64);
  CHECK(parse_size("64KiB").value() == 65536);
  CHECK(parse_size("1MiB").value() == 1048576);
  CHECK_FALSE(parse_size("64kb").ok());
  CHECK(parse_sizes("64-4KiB").value().min == 64);
  CHECK(parse_sizes("64-4KiB").value().max == 4096);
  CHECK(parse_sizes("100").value().max == 100);
  CHECK_FALSE(parse_sizes("64-").ok());
}

TEST_CASE("a PROXY header is of version 1 or 2") {
  CHECK(parse_proxy_version("v1").value() == ProxyVersion::v1);
  CHECK(parse_proxy_version("v2").value() == ProxyVersion::v2);
  CHECK_FALSE(parse_proxy_version("v3").ok());
}

TEST_CASE("TLS goes anywhere with a CA, and to the loopback without") {
  Options options;
  options.tls = true;
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1"}) {
    options.target.host = host;
    CHECK(options.validate().ok());
  }
  options.target.host = "192.0.2.1";
  options.tls_ca = "ca.pem";
  CHECK(options.validate().ok());
}

TEST_CASE("options that contradict each other are refused by name") {
  Options options;
  REQUIRE(options.validate().ok());

  SECTION("a range upside down") { options.payload = {100, 10}; }
  SECTION("an empty payload") { options.payload = {0, 10}; }
  SECTION("a payload the length field cannot tell") {
    options.envelope = Envelope::parse("length:1").value();
    options.payload = {256, 256};
  }
  SECTION("a payload that is not the fixed one") {
    options.envelope = Envelope::parse("fixed:32").value();
  }
  SECTION("a rate of connections that come and go") {
    options.mode = Mode::churn;
    options.rate = 10;
  }
  SECTION("more threads than connections") {
    options.connections = 1;
    options.threads = 2;
  }
  SECTION("a CA without TLS") { options.tls_ca = "ca.pem"; }
  SECTION("TLS off the loopback that nobody verifies") {
    options.target = {"192.0.2.1", 443};
    options.tls = true;
  }
  SECTION("no connections") { options.connections = 0; }
  SECTION("nothing in flight") { options.in_flight = 0; }
  CHECK_FALSE(options.validate().ok());
}

}  // namespace
}  // namespace waymark::load
