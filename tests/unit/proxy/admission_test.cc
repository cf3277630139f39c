#include "proxy/admission.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "support/seed.h"

namespace waymark::proxy {
namespace {

using enum Admission::Verdict;

constexpr std::uint64_t kNow = 6'000'000;

net::Address from(std::string_view host) { return *net::Address::from_numeric(host, 4711); }

Admission with(const AdmissionSettings& rules) {
  Admission admission;
  admission.set_rules(rules);
  return admission;
}

TEST_CASE("without limits nobody is counted") {
  Admission admission = with({});
  for (int i = 0; i < 100; ++i) CHECK(admission.admit(from("192.0.2.1"), kNow) == uncounted);
  CHECK(admission.connections() == 0);
  CHECK(admission.sources() == 0);
}

TEST_CASE("an address has so many connections and no more, until one of them ends") {
  Admission admission = with({.max_connections_per_source = 2});
  CHECK(admission.admit(from("192.0.2.1"), kNow) == counted);
  CHECK(admission.admit(*net::Address::from_numeric("192.0.2.1", 9), kNow) == counted);
  CHECK(admission.admit(from("192.0.2.1"), kNow) == per_source);
  CHECK(admission.admit(from("192.0.2.2"), kNow) == counted);
  CHECK(admission.connections() == 3);
  CHECK(admission.sources() == 2);
  admission.leave(from("192.0.2.1"));
  CHECK(admission.admit(from("192.0.2.1"), kNow) == counted);
  CHECK(admission.admit(from("192.0.2.1"), kNow) == per_source);
}

TEST_CASE("IPv4 is the same address however it came in") {
  Admission admission = with({.max_connections_per_source = 1});
  CHECK(admission.admit(from("192.0.2.1"), kNow) == counted);
  CHECK(admission.admit(from("::ffff:192.0.2.1"), kNow) == per_source);
}

TEST_CASE("a network has so many connections and no more") {
  Admission admission = with({.max_connections_per_prefix = 2});
  CHECK(admission.admit(from("192.0.2.1"), kNow) == counted);
  CHECK(admission.admit(from("192.0.2.255"), kNow) == counted);
  CHECK(admission.admit(from("192.0.2.77"), kNow) == per_prefix);
  CHECK(admission.admit(from("192.0.3.77"), kNow) == counted);
  CHECK(admission.admit(from("2001:db8:0:1::1"), kNow) == counted);
  CHECK(admission.admit(from("2001:db8:0:1:ffff::1"), kNow) == counted);
  CHECK(admission.admit(from("2001:db8:0:1::2"), kNow) == per_prefix);
  CHECK(admission.admit(from("2001:db8:0:2::2"), kNow) == counted);
}

TEST_CASE("prefixes may end inside of a byte") {
  Admission admission =
      with({.max_connections_per_prefix = 1, .source_prefix_v4 = 20, .source_prefix_v6 = 1});
  CHECK(admission.admit(from("10.0.15.1"), kNow) == counted);
  CHECK(admission.admit(from("10.0.0.1"), kNow) == per_prefix);
  CHECK(admission.admit(from("10.0.16.1"), kNow) == counted);
  CHECK(admission.admit(from("2001::1"), kNow) == counted);
  CHECK(admission.admit(from("7fff::1"), kNow) == per_prefix);
  CHECK(admission.admit(from("8000::1"), kNow) == counted);
}

TEST_CASE("who is refused for its network takes nothing of its address") {
  Admission admission = with({.max_connections_per_source = 1, .max_connections_per_prefix = 1});
  CHECK(admission.admit(from("192.0.2.1"), kNow) == counted);
  CHECK(admission.admit(from("192.0.2.2"), kNow) == per_prefix);
  admission.leave(from("192.0.2.1"));
  CHECK(admission.sources() == 0);
  CHECK(admission.admit(from("192.0.2.2"), kNow) == counted);
}

TEST_CASE("the loopback and exempt blocks are not counted") {
  Admission admission =
      with({.max_connections_per_source = 1,
            .exempt = {*net::Cidr::parse("198.51.100.0/24"), *net::Cidr::parse("2001:db8::7")}});
  for (int i = 0; i < 3; ++i) {
    for (const auto* host : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1", "198.51.100.9",
                             "::ffff:198.51.100.9", "2001:db8::7"}) {
      CAPTURE(host);
      CHECK(admission.admit(from(host), kNow) == uncounted);
    }
  }
  for (const auto* host : {"128.0.0.1", "126.255.255.255", "::2", "::", "2001:db8::8"}) {
    CAPTURE(host);
    CHECK(admission.admit(from(host), kNow) == counted);
  }
}

TEST_CASE("whoever is counted stays counted while the rules change") {
  Admission admission = with({.max_connections_per_prefix = 4});
  for (const auto* host : {"10.1.0.1", "10.1.0.2", "10.1.1.1"}) {
    CHECK(admission.admit(from(host), kNow) == counted);
  }
  admission.set_rules({.max_connections_per_prefix = 3, .source_prefix_v4 = 16});
  CHECK(admission.admit(from("10.1.2.1"), kNow) == per_prefix);
  admission.set_rules({});
  CHECK(admission.admit(from("10.1.2.1"), kNow) == uncounted);
  admission.leave(from("10.1.0.1"));
  admission.set_rules({.max_connections_per_prefix = 3, .source_prefix_v4 = 16});
  CHECK(admission.admit(from("10.1.2.1"), kNow) == counted);
  CHECK(admission.admit(from("10.1.2.1"), kNow) == per_prefix);
  for (const auto* host : {"10.1.0.2", "10.1.1.1", "10.1.2.1"}) admission.leave(from(host));
  CHECK(admission.connections() == 0);
  CHECK(admission.sources() == 0);
}

TEST_CASE("after any churn the counts are those of who is there, and 0 when all have gone") {
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  Admission admission = with({.max_connections_per_source = 3, .max_connections_per_prefix = 20});
  std::vector<std::string> there;
  std::map<std::string, std::size_t> by_source;
  std::map<std::string, std::size_t> by_prefix;
  for (int step = 0; step < 20'000; ++step) {
    if (step % 1000 == 0) {
      admission.set_rules({.max_connections_per_source = 3,
                           .max_connections_per_prefix = 20,
                           .source_prefix_v4 = random() % 2 == 0 ? 24 : 25});
      admission.set_rules({.max_connections_per_source = 3, .max_connections_per_prefix = 20});
    }
    if (there.empty() || random() % 3 != 0) {
      const std::string prefix = "10.0." + std::to_string(random() % 4) + ".";
      const std::string host = prefix + std::to_string(random() % 10);
      const auto expected = by_source[host] >= 3      ? per_source
                            : by_prefix[prefix] >= 20 ? per_prefix
                                                      : counted;
      REQUIRE(admission.admit(from(host), kNow) == expected);
      if (expected != counted) continue;
      there.push_back(host);
      ++by_source[host];
      ++by_prefix[prefix];
    } else {
      std::swap(there[random() % there.size()], there.back());
      admission.leave(from(there.back()));
      --by_source[there.back()];
      --by_prefix[there.back().substr(0, there.back().rfind('.') + 1)];
      there.pop_back();
    }
    REQUIRE(admission.connections() == there.size());
  }
  for (const std::string& host : there) admission.leave(from(host));
  CHECK(admission.connections() == 0);
  CHECK(admission.sources() == 0);
}

TEST_CASE("one source opens so many connections in a minute, and of IPv6 one network") {
  Admission admission = with({.max_new_per_source = 2});
  for (int i = 0; i < 2; ++i) CHECK(admission.admit(from("192.0.2.1"), kNow) == uncounted);
  CHECK(admission.admit(from("192.0.2.1"), kNow) == too_fast);
  CHECK(admission.admit(from("192.0.2.2"), kNow) == uncounted);
  CHECK(admission.admit(from("2001:db8:0:1::1"), kNow) == uncounted);
  CHECK(admission.admit(from("2001:db8:0:1::2"), kNow) == uncounted);
  CHECK(admission.admit(from("2001:db8:0:1::3"), kNow) == too_fast);
  CHECK(admission.admit(from("192.0.2.1"), kNow + 30'060) == uncounted);
  for (int i = 0; i < 9; ++i) CHECK(admission.admit(from("127.0.0.1"), kNow) == uncounted);
}

TEST_CASE("all limits hold, whichever is reached first") {
  Admission admission = with({.max_connections_per_source = 2, .max_new_per_source = 3});
  for (int i = 0; i < 2; ++i) CHECK(admission.admit(from("192.0.2.1"), kNow) == counted);
  CHECK(admission.admit(from("192.0.2.1"), kNow) == per_source);
  admission.leave(from("192.0.2.1"));
  CHECK(admission.admit(from("192.0.2.1"), kNow) == too_fast);
  CHECK(admission.admit(from("192.0.2.1"), kNow + 20'040) == counted);
}

}  // namespace
}  // namespace waymark::proxy
