#include "proxy/pool_route.h"

#include <catch2/catch.hpp>

namespace waymark::proxy {
namespace {

using Match = PoolRoute::Match;

TEST_CASE("names are compared in any case, and a star stands for one label") {
  CHECK(matches_name("a.example", "A.Example"));
  CHECK_FALSE(matches_name("a.example", "b.a.example"));
  CHECK(matches_name("*.example", "a.example"));
  CHECK_FALSE(matches_name("*.example", "example"));
  CHECK_FALSE(matches_name("*.example", ".example"));
  CHECK_FALSE(matches_name("*.example", "a.b.example"));
  CHECK_FALSE(matches_name("a", ""));
}

TEST_CASE("first bytes are waited for as long as they may be the ones") {
  const PoolRoute route{.pool = "p", .starts_with = {"GET ", "\x78\x78"}};
  CHECK(route.match({.bytes = "", .more = true}) == Match::undecided);
  CHECK(route.match({.bytes = "GE", .more = true}) == Match::undecided);
  CHECK(route.match({.bytes = "GE", .more = false}) == Match::no);
  CHECK(route.match({.bytes = "GEx", .more = true}) == Match::no);
  CHECK(route.match({.bytes = "GET /", .more = true}) == Match::yes);
  CHECK(route.match({.bytes = "\x78\x78", .more = false}) == Match::yes);
}

TEST_CASE("all conditions have to hold, of each one value") {
  const PoolRoute route{.pool = "p",
                        .sni = {"a.example", "*.b.example"},
                        .sources = {*net::Cidr::parse("192.0.2.0/24")},
                        .starts_with = {"x"}};
  PoolRoute::Facts facts{
      .sni = "c.b.example", .source = *net::Address::from_numeric("192.0.2.7", 1), .bytes = "xy"};
  CHECK(route.match(facts) == Match::yes);
  facts.sni = "";
  CHECK(route.match(facts) == Match::no);
  facts.sni = "a.example";
  facts.source = *net::Address::from_numeric("198.51.100.7", 1);
  facts.bytes = "";
  facts.more = true;
  CHECK(route.match(facts) == Match::no);
}

}  // namespace
}  // namespace waymark::proxy
