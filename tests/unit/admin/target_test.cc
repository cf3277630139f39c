#include "admin/target.h"

#include <catch2/catch.hpp>

namespace waymark::admin {
namespace {

using Segments = std::vector<std::string>;

TEST_CASE("cuts a target before decoding it") {
  const auto target = parse_target("/v1/pools/a%20b%3Fc?x=1&y=a+b%26c&z");
  REQUIRE(target.ok());
  CHECK(target->segments == Segments{"v1", "pools", "a b?c"});
  REQUIRE(target->query.size() == 3);
  CHECK(target->query[0] == std::pair<std::string, std::string>("x", "1"));
  CHECK(target->query[1] == std::pair<std::string, std::string>("y", "a b&c"));
  CHECK(target->query[2] == std::pair<std::string, std::string>("z", ""));
}

TEST_CASE("tells a slash at the end from none") {
  CHECK(parse_target("/upstream")->segments == Segments{"upstream"});
  CHECK(parse_target("/upstream/")->segments == Segments{"upstream", ""});
  CHECK(parse_target("/")->segments == Segments{""});
}

TEST_CASE("refuses traversal and wrong encodings") {
  for (const auto* text :
       {"", "x", "*", "http://host/v1", "/v1/../x", "/v1/./x", "/v1/%2e%2e/x", "/v1/a%2fb", "/%",
        "/%1", "/%zz", "/a%00b", "/a%0ab", "/a?b=%", "/a?b=%0d%0a"}) {
    INFO(text);
    CHECK_FALSE(parse_target(text).ok());
  }
}

}  // namespace
}  // namespace waymark::admin
