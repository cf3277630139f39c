#include "admin/access.h"

#include <catch2/catch.hpp>

namespace waymark::admin {
namespace {

using Catch::Contains;

Request request_with(std::vector<Header> headers) {
  Request request;
  request.headers = std::move(headers);
  request.peer = "127.0.0.1:5";
  return request;
}

TEST_CASE("knows its own names with their port, in any case") {
  const HostList hosts("10.1.2.3", 8000, {});
  for (const auto* host :
       {"10.1.2.3:8000", "localhost:8000", "LocalHost:8000", "127.0.0.1:8000", "[::1]:8000"}) {
    CHECK(hosts.allows_host(host));
  }
  for (const auto* host :
       {"", "localhost", "localhost:80", "evil.example:8000", "10.1.2.3", "localhost:8000x",
        "localhost:8000@evil", "[::1", ":8000", "localhost.evil.example:8000"}) {
    INFO(host);
    CHECK_FALSE(hosts.allows_host(host));
  }
}

TEST_CASE("leaves the port out where it is that of HTTP") {
  CHECK(HostList("::1", 80, {}).allows_host("localhost"));
  CHECK(HostList("::1", 80, {}).allows_host("[::1]"));
}

TEST_CASE("leaves the port out where it is that of HTTPS, with TLS") {
  const HostList hosts("10.1.2.3", 443, {"admin.example:443"}, true);
  CHECK(hosts.allows_host("10.1.2.3"));
  CHECK(hosts.allows_host("admin.example"));
  CHECK(hosts.allows_origin("https://admin.example"));
  CHECK_FALSE(hosts.allows_origin("http://admin.example"));
  CHECK_FALSE(HostList("10.1.2.3", 80, {}, true).allows_host("10.1.2.3"));
  CHECK_FALSE(HostList("10.1.2.3", 443, {}).allows_host("10.1.2.3"));
}

TEST_CASE("knows configured names, with one port or with any") {
  const HostList hosts("127.0.0.1", 8000, {"Admin.Example", "other.example:9000"});
  CHECK(hosts.allows_host("admin.example"));
  CHECK(hosts.allows_host("admin.example:1234"));
  CHECK(hosts.allows_host("other.example:9000"));
  CHECK_FALSE(hosts.allows_host("other.example"));
  CHECK_FALSE(hosts.allows_host("x.admin.example"));
}

TEST_CASE("takes an origin by its host") {
  const HostList hosts("127.0.0.1", 8000, {"admin.example", "tls.example:443"});
  CHECK(hosts.allows_origin("http://localhost:8000"));
  CHECK(hosts.allows_origin("https://admin.example"));
  CHECK(hosts.allows_origin("https://tls.example"));
  for (const auto* origin :
       {"null", "", "http://localhost:8001", "http://evil.example", "file://localhost:8000",
        "http://tls.example", "http://localhost:8000/x"}) {
    INFO(origin);
    CHECK_FALSE(hosts.allows_origin(origin));
  }
}

TEST_CASE("refuses foreign hosts and pages") {
  const HostList hosts("127.0.0.1", 8000, {});
  const Header host{"host", "localhost:8000"};
  CHECK_FALSE(refuse_foreign(request_with({host}), &hosts).has_value());
  CHECK_FALSE(refuse_foreign(request_with({host, {"origin", "http://localhost:8000"}}), &hosts)
                  .has_value());
  CHECK(refuse_foreign(request_with({}), &hosts)->status == 400);
  CHECK(refuse_foreign(request_with({host, host}), &hosts)->status == 400);
  const auto foreign = refuse_foreign(request_with({{"host", "evil.example"}}), &hosts);
  REQUIRE(foreign.has_value());
  CHECK(foreign->status == 403);
  CHECK_THAT(foreign->body, Contains(R"("field":"Host")"));
  CHECK(refuse_foreign(request_with({host, {"origin", "http://evil.example"}}), &hosts)->status ==
        403);

  CHECK_FALSE(refuse_foreign(request_with({{"host", "any"}}), nullptr).has_value());
  CHECK(refuse_foreign(request_with({{"origin", "http://localhost:8000"}}), nullptr)->status ==
        403);
}

TEST_CASE("lets the pages of named servers ask, and no others") {
  const HostList hosts("127.0.0.1", 8300, {});
  const std::vector<std::string> pages = {"http://127.0.0.1:8100"};
  const Header host{"host", "127.0.0.1:8300"};
  const Header page{"origin", "http://127.0.0.1:8100"};
  CHECK_FALSE(refuse_foreign(request_with({host, page}), &hosts, pages).has_value());
  CHECK_FALSE(refuse_foreign(request_with({host}), &hosts, pages).has_value());
  CHECK(refuse_foreign(request_with({host, page}), &hosts)->status == 403);
  CHECK(refuse_foreign(request_with({{"host", "evil.example"}, page}), &hosts, pages)->status ==
        403);
  for (const auto* origin : {"http://127.0.0.1:8101", "https://127.0.0.1:8100", "null", "",
                             "http://127.0.0.1:8100/", "HTTP://127.0.0.1:8100"}) {
    INFO(origin);
    CHECK(refuse_foreign(request_with({host, {"origin", origin}}), &hosts, pages)->status == 403);
  }
  CHECK(refuse_foreign(request_with({host, page, {"origin", "null"}}), &hosts, pages)->status ==
        403);
}

TEST_CASE("asks for a token of the role that is needed") {
  const std::string read(32, 'r');
  const std::string admin(32, 'a');
  const TokenSet tokens(
      {*Token::make("reader", Role::kRead, read), *Token::make("chief", Role::kAdmin, admin)});
  const auto status = [&](std::vector<Header> headers, Role needs) {
    auto result = identify(request_with(std::move(headers)), needs, tokens, false);
    const auto* refusal = std::get_if<Response>(&result);
    return refusal == nullptr ? 0U : refusal->status;
  };
  CHECK(status({}, Role::kNone) == 0);
  CHECK(status({}, Role::kRead) == 401);
  CHECK(status({{"authorization", "Bearer " + read}}, Role::kRead) == 0);
  CHECK(status({{"authorization", "bearer " + read}}, Role::kRead) == 0);
  CHECK(status({{"authorization", "Basic " + read}}, Role::kRead) == 401);
  CHECK(status({{"authorization", "Bearer " + read + "x"}}, Role::kRead) == 401);
  CHECK(status({{"authorization", "Bearer"}}, Role::kRead) == 401);
  CHECK(status({{"authorization", "Bearer " + read}, {"authorization", "Bearer " + admin}},
               Role::kRead) == 401);
  CHECK(status({{"authorization", "Bearer " + read}}, Role::kAdmin) == 403);
  CHECK(status({{"authorization", "Bearer " + admin}}, Role::kAdmin) == 0);
  CHECK(status({{"authorization", "Bearer " + admin}}, Role::kRegistry) == 403);

  const auto who =
      identify(request_with({{"authorization", "Bearer " + admin}}), Role::kRead, tokens, false);
  CHECK(std::get<Actor>(who).name == "chief");
  CHECK(std::get<Actor>(who).peer == "127.0.0.1:5");
  CHECK(std::get<Actor>(who).role == "admin");
  CHECK(std::get<Actor>(identify(request_with({}), Role::kAdmin, tokens, true)).name ==
        "anonymous");
}

}  // namespace
}  // namespace waymark::admin
