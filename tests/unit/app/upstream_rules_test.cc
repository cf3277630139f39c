#include "app/upstream_rules.h"

#include <catch2/catch.hpp>

#include "config_fixture.h"

namespace waymark::app {
namespace {

constexpr std::string_view kText = R"(
listeners: [ { name: a, bind: "127.0.0.1:7999", pool: asked } ]
pools:
  - name: asked
    connect_timeout: 3s
    health: { check: grpc, service: device.v1.Gateway, interval: 52s, timeout: 53ms }
    upstreams:
      - { address: "127.0.0.1:7001", weight: 3, protocol: legacy, metadata: [ shard=two ] }
      - { address: "localhost:7002", refresh: 5s }
  - name: linked
    health: { check: link }
    upstreams:
      - { address: "192.0.2.1:7003", insecure: true, protocol: link }
)";

control::Upstream upstream_of(control::UpstreamSpec spec) {
  return {.spec = std::move(spec),
          .life = control::UpstreamLife(
              {}, [] { return std::uint32_t{0}; }, 0)};
}

struct Fixture {
  Fixture() {
    ConfigResult result = parse(kText);
    REQUIRE(result.ok());
    config = std::move(result).config();
    auto made = proxy::next_layout({}, config.proxy, framings);
    REQUIRE(made.ok());
    layout = *std::move(made);
  }

  Config config;
  proxy::Framings framings;
  proxy::Layout layout;
};

TEST_CASE_METHOD(Fixture, "each pool has the rules of its health") {
  const auto rules = pool_rules_of(config);
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].name == "asked");
  CHECK(rules[0].health_service == "device.v1.Gateway");
  CHECK(rules[0].health.interval == std::chrono::seconds(52));
  CHECK(rules[1].name == "linked");
  CHECK(rules[1].health.check == control::HealthSettings::Check::link);
}

TEST_CASE_METHOD(Fixture, "upstreams have an address, or a name that is looked up again") {
  const auto fixed = fixed_upstreams_of(config);
  REQUIRE(fixed.size() == 2);
  CHECK(fixed[0] == control::UpstreamSpec{.pool = "asked",
                                          .address = "127.0.0.1:7001",
                                          .weight = 3,
                                          .protocol = "legacy",
                                          .metadata = {{"shard", "two"}}});
  CHECK(fixed[1] ==
        control::UpstreamSpec{
            .pool = "linked", .address = "192.0.2.1:7003", .protocol = "link", .insecure = true});
  const auto names = watched_names_of(config);
  REQUIRE(names.size() == 1);
  CHECK(names[0].spec == control::UpstreamSpec{.pool = "asked", .address = "localhost:7002"});
  CHECK(names[0].host == "localhost");
  CHECK(names[0].port == 7002);
  CHECK(names[0].refresh_ms == 5'000);
}

TEST_CASE_METHOD(Fixture, "plaintext stays on the loopback, but for pools that are gone") {
  const auto problem = [&](std::string pool, std::string address, bool insecure) {
    return connect_problem(config, {.pool = pool, .address = address, .insecure = insecure});
  };
  CHECK(problem("asked", "127.0.0.1:1", false).empty());
  CHECK_THAT(problem("asked", "192.0.2.1:1", false), Catch::Contains("192.0.2.1:1"));
  CHECK(problem("asked", "192.0.2.1:1", true).empty());
  CHECK(problem("gone", "192.0.2.1:1", false).empty());
}

TEST_CASE_METHOD(Fixture, "a probe asks as its pool says") {
  const control::UpstreamSpec spec{
      .pool = "asked", .address = "127.0.0.1:9", .metadata = {{"shard", "two"}}};
  const auto options = probe_of(config, layout, spec);
  REQUIRE(options);
  CHECK(options->address == "127.0.0.1:9");
  CHECK(options->service == "device.v1.Gateway");
  CHECK(options->interval == std::chrono::seconds(52));
  CHECK(options->timeout == std::chrono::milliseconds(53));
  CHECK(options->connect_timeout == std::chrono::seconds(3));
  CHECK(options->metadata == spec.metadata);
  CHECK(options->tls == nullptr);
}

TEST_CASE_METHOD(Fixture, "what links judge, the ancestor, or no pool has, is not probed") {
  CHECK_FALSE(probe_of(config, layout, {.pool = "linked", .address = "127.0.0.1:9"}));
  CHECK_FALSE(
      probe_of(config, layout, {.pool = "asked", .address = "127.0.0.1:9", .protocol = "legacy"}));
  CHECK_FALSE(probe_of(config, layout, {.pool = "gone", .address = "127.0.0.1:9"}));
}

TEST_CASE_METHOD(Fixture, "links and probes use what TLS the layout has for the pool") {
  layout.pools[1].tls = std::make_shared<const link::UpstreamTls>();
  CHECK(tls_of(layout, {.pool = "linked", .address = ""}) == layout.pools[1].tls);
  CHECK(tls_of(layout, {.pool = "asked", .address = ""}) == nullptr);
  CHECK(tls_of(layout, {.pool = "gone", .address = ""}) == nullptr);
}

TEST_CASE_METHOD(Fixture, "workers are told of an upstream what the control wants of it") {
  control::Upstream upstream = upstream_of({.pool = "linked",
                                            .address = "127.0.0.1:9",
                                            .weight = 2,
                                            .protocol = "legacy",
                                            .insecure = true,
                                            .metadata = {{"shard", "two"}}});
  upstream.index = 9;
  upstream.weight_override = 5;
  const proxy::UpstreamOrder order =
      order_of(layout, upstream, control::Role::leave_politely, 17, true);
  CHECK(order.index == 9);
  CHECK(order.pool == 1);
  CHECK(order.settings.address == "127.0.0.1:9");
  CHECK(order.settings.protocol == proxy::Protocol::legacy);
  CHECK(order.settings.insecure);
  CHECK(order.settings.weight == 5);
  CHECK(order.settings.metadata == upstream.spec.metadata);
  CHECK(order.role == proxy::Role::leave);
  CHECK(order.weight == 17);
  CHECK(order.remove);
}

TEST_CASE_METHOD(Fixture, "each role and protocol of the control is one of the workers") {
  const auto told = [&](const char* protocol, control::Role role) {
    const auto upstream = upstream_of({.pool = "asked", .address = "", .protocol = protocol});
    return order_of(layout, upstream, role, 10, false);
  };
  CHECK(told("auto", control::Role::serve).role == proxy::Role::serve);
  CHECK(told("auto", control::Role::leave_politely).role == proxy::Role::leave);
  CHECK(told("auto", control::Role::rest).role == proxy::Role::rest);
  CHECK(told("auto", control::Role::give_up).role == proxy::Role::give_up);
  CHECK(told("auto", control::Role::serve).settings.protocol == proxy::Protocol::automatic);
  CHECK(told("link", control::Role::serve).settings.protocol == proxy::Protocol::link);
  CHECK(told("legacy", control::Role::serve).settings.protocol == proxy::Protocol::legacy);
}

}  // namespace
}  // namespace waymark::app
