#include "app/secret.h"

#include <catch2/catch.hpp>

#include "config_fixture.h"

namespace waymark::app {
namespace {

TEST_CASE("keys that name a secret are told from others") {
  for (const char* key : {"authorization", "x-api-key", "cookie", "auth-token", "db-password"}) {
    CAPTURE(key);
    CHECK(is_secret(key));
    CHECK(shown_value(key, "hunter2").find("hunter2") == std::string::npos);
  }
  for (const char* key : {"shard", "tenant", "region"}) {
    CAPTURE(key);
    CHECK_FALSE(is_secret(key));
    CHECK(shown_value(key, "two") == "two");
  }
}

TEST_CASE("two secrets differ where their values do") {
  CHECK(shown_value("token", "a") == shown_value("token", "a"));
  CHECK(shown_value("token", "a") != shown_value("token", "b"));
}

TEST_CASE("what is shown of a configuration holds no secret; what it is made from does") {
  const ConfigResult result = parse(R"(
listeners: [ { name: a, bind: "127.0.0.1:1", pool: p } ]
pools:
  - name: p
    upstreams:
      - { address: "127.0.0.1:2", metadata: [ "authorization=Bearer hunter2", "shard=two" ] }
)");
  REQUIRE(result.ok());
  const Config& config = result.config();
  CHECK(config.shown_yaml.find("hunter2") == std::string::npos);
  CHECK(config.shown_yaml.find("shard=two") != std::string::npos);
  CHECK(config.yaml.find("hunter2") != std::string::npos);
  for (const auto& [path, value] : config.flat) {
    CHECK((path + value).find("hunter2") == std::string::npos);
  }
  const auto& metadata = config.proxy.pools[0].upstreams[0].metadata;
  CHECK(metadata[0] == std::pair<std::string, std::string>("authorization", "Bearer hunter2"));
}

}  // namespace
}  // namespace waymark::app
