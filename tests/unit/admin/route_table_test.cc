#include "admin/route_table.h"

#include <catch2/catch.hpp>

namespace waymark::admin {
namespace {

using Names = std::vector<std::string>;

RouteTable table() {
  RouteTable made;
  for (const auto* path : {"/v1/things/{id}:close", "/v1/things/{id}", "/v1/things:close", "/x/"}) {
    made.add({.method = "GET", .path = path});
  }
  made.add({.method = "PATCH", .path = "/v1/things/{id}"});
  return made;
}

TEST_CASE("finds a route and what its variables stand for") {
  const RouteTable made = table();
  const Match match = made.find("PATCH", {"v1", "things", "a"});
  REQUIRE(match.route != nullptr);
  CHECK(match.route->method == "PATCH");
  CHECK(match.path.at("id") == "a");
  CHECK(match.allowed == Names{"GET", "HEAD", "PATCH"});

  CHECK(made.find("GET", {"v1", "things", "a:close"}).path.at("id") == "a");
  CHECK(made.find("GET", {"v1", "things:close"}).route->path == "/v1/things:close");
  CHECK(made.find("GET", {"x", ""}).route->path == "/x/");
}

TEST_CASE("tells a path that is not there from a method that is not") {
  const RouteTable made = table();
  CHECK(made.find("GET", {"v1"}).allowed.empty());
  CHECK(made.find("GET", {"v1", "things", ""}).allowed.empty());
  CHECK(made.find("GET", {"x"}).allowed.empty());
  const Match match = made.find("POST", {"v1", "things", "a:close"});
  CHECK(match.route == nullptr);
  CHECK(match.allowed == Names{"GET", "HEAD"});
}

TEST_CASE("names the variables of a template") {
  CHECK(path_parameters("/v1/a/{b}/{c}:d") == Names{"b", "c"});
  CHECK(path_parameters("/v1").empty());
}

}  // namespace
}  // namespace waymark::admin
