#include "admin/dispatcher.h"

#include <catch2/catch.hpp>

namespace waymark::admin {
namespace {

const std::string kSecret(32, 's');
const std::string kPage = "http://127.0.0.1:8100";

Dispatcher dispatcher() {
  RouteTable routes;
  routes.add({.method = "POST",
              .path = "/v1/things/{name}:act",
              .role = Role::kAdmin,
              .doc = "Acts.",
              .handler = [](const Call&) { return Response{}; }});
  std::vector<Token> tokens = {*Token::make("lab", Role::kAdmin, kSecret)};
  return {"lab",
          {.hosts = HostList("127.0.0.1", 8300, {}),
           .tokens = TokenSet(std::move(tokens)),
           .pages = {kPage}},
          std::move(routes),
          nullptr,
          nullptr};
}

Request request(std::string method, std::vector<Header> headers) {
  headers.push_back({"host", "127.0.0.1:8300"});
  return {.method = std::move(method),
          .target = "/v1/things/a:act",
          .headers = std::move(headers),
          .body = "",
          .peer = "127.0.0.1:5"};
}

std::string header_of(const Response& response, std::string_view name) {
  std::string all;
  for (const Header& header : response.headers) {
    if (header.name == name) all += header.value;
  }
  return all;
}

TEST_CASE("a browser may ask for its page whether a call is allowed, without a token") {
  Dispatcher lab = dispatcher();
  const auto answer =
      lab.admit(request("OPTIONS", {{"origin", kPage}, {"access-control-request-method", "POST"}}));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 204);
  CHECK(header_of(*answer, "Access-Control-Allow-Origin") == kPage);
  CHECK(header_of(*answer, "Access-Control-Allow-Methods") == "POST");
  CHECK(header_of(*answer, "Access-Control-Allow-Headers") == "Authorization, Content-Type");
  CHECK(header_of(*answer, "Vary") == "Origin");

  const auto foreign = lab.admit(request("OPTIONS", {{"origin", "http://127.0.0.1:8101"}}));
  CHECK(foreign->status == 403);
  CHECK(header_of(*foreign, "Access-Control-Allow-Origin").empty());
  CHECK(lab.admit(request("OPTIONS", {}))->status == 405);
}

TEST_CASE("a page may read its answers and refusals, and others may not") {
  Dispatcher lab = dispatcher();
  const Header token{"authorization", "Bearer " + kSecret};
  const Header page{"origin", kPage};
  CHECK_FALSE(lab.admit(request("POST", {token, page})).has_value());
  const Response done = lab.handle(request("POST", {token, page}));
  CHECK(done.status == 200);
  CHECK(header_of(done, "Access-Control-Allow-Origin") == kPage);
  const auto refused = lab.admit(request("POST", {page}));
  CHECK(refused->status == 401);
  CHECK(header_of(*refused, "Access-Control-Allow-Origin") == kPage);
  CHECK(header_of(lab.handle(request("POST", {token})), "Access-Control-Allow-Origin").empty());
}

}  // namespace
}  // namespace waymark::admin
