#include "admin/openapi.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "admin/admin_routes.h"
#include "fake_admin_api.h"

namespace waymark::admin {
namespace {

nlohmann::json document() {
  FakeAdminApi api;
  EventRing events;
  const RouteTable table = admin_routes(api, events);
  const Match match = table.find("GET", {"openapi.json"});
  REQUIRE(match.route != nullptr);
  const Request request;
  return nlohmann::json::parse(match.route->handler(Call{request, {}, {}, nullptr, {}}).body);
}

void check_references(const nlohmann::json& node, const nlohmann::json& schemas, int& found) {
  if (node.is_object() && node.contains("$ref")) {
    const std::string reference = node["$ref"];
    INFO(reference);
    const std::string begin = "#/components/schemas/";
    CHECK(reference.starts_with(begin));
    CHECK(schemas.contains(reference.substr(begin.size())));
    ++found;
  }
  for (const auto& child : node) {
    if (child.is_structured()) check_references(child, schemas, found);
  }
}

TEST_CASE("describes every route of both listeners") {
  const nlohmann::json described = document();
  FakeAdminApi api;
  EventRing events;
  std::vector<Route> routes = admin_routes(api, events).routes();
  const RouteTable registry = registry_routes(api);
  for (const Route& route : registry.routes()) routes.push_back(route);
  CHECK(routes.size() > 25);
  for (const Route& route : routes) {
    INFO(route.method << " " << route.path);
    REQUIRE(described["paths"].contains(route.path));
    std::string method;
    for (const char c : route.method) method += static_cast<char>(c | 0x20);
    REQUIRE(described["paths"][route.path].contains(method));
    const auto& operation = described["paths"][route.path][method];
    CHECK_FALSE(operation["summary"].get<std::string>().empty());
    CHECK(operation["responses"].contains(std::to_string(route.status)));
    CHECK(operation["responses"].contains("default"));
    CHECK(operation.contains("requestBody") == (route.takes != nullptr));
    CHECK(operation["parameters"].size() ==
          path_parameters(route.path).size() + route.query.size());
    CHECK(operation["security"].empty() == (route.role == Role::kNone));
  }
}

TEST_CASE("defines every message that is referenced") {
  const nlohmann::json described = document();
  int found = 0;
  check_references(described, described["components"]["schemas"], found);
  CHECK(found > 50);
}

TEST_CASE("carries the rules of the schema") {
  const nlohmann::json schemas = document()["components"]["schemas"];
  const auto& upstream = schemas["NewUpstream"];
  CHECK(upstream["required"].dump() == R"(["address"])");
  CHECK(upstream["properties"]["weight"]["minimum"] == 1);
  CHECK(upstream["properties"]["weight"]["maximum"] == 100);
  CHECK(upstream["properties"]["protocol"]["enum"].dump() == R"(["auto","link","legacy"])");
  CHECK(upstream["properties"]["metadata"]["type"] == "object");
  CHECK(upstream["properties"]["address"]["description"] == "host:port of its gRPC server.");
  CHECK(schemas["CloseConnection"]["properties"]["reason"]["maxLength"] == 200);
  CHECK(schemas["UpstreamList"]["properties"]["upstreams"]["items"]["$ref"] ==
        "#/components/schemas/Upstream");
}

}  // namespace
}  // namespace waymark::admin
