#include "app/reload.h"

#include <catch2/catch.hpp>

#include "config_fixture.h"

namespace waymark::app {
namespace {

Config file() {
  ConfigResult result = parse(R"(
listeners: [ { name: a, bind: "127.0.0.1:1", pool: p, down: { soft: 1MiB, hard: 4MiB } } ]
pools: [ { name: p } ]
)");
  REQUIRE(result.ok());
  return std::move(result).config();
}

TEST_CASE("kept settings that are right only together are taken together") {
  std::vector<std::string> passed_over;
  const Config config = with_kept_settings(
      file(), {{"listeners[a].down.hard", "512KiB"}, {"listeners[a].down.soft", "256KiB"}},
      passed_over);
  CHECK(passed_over.empty());
  CHECK(config.proxy.listeners[0].down_hard == 512 * 1024);
  CHECK(config.proxy.listeners[0].down_soft == 256 * 1024);
}

TEST_CASE("one that cannot be any more is named and takes no other along, whatever the order") {
  std::vector<std::string> passed_over;
  const Config config = with_kept_settings(file(),
                                           {{"listeners[a].down.hard", "512KiB"},
                                            {"pools[gone].active_within", "1s"},
                                            {"listeners[a].down.soft", "256KiB"}},
                                           passed_over);
  REQUIRE(passed_over.size() == 1);
  CHECK_THAT(passed_over[0], Catch::Contains("pools[gone].active_within: 1s"));
  CHECK(config.proxy.listeners[0].down_hard == 512 * 1024);
}

TEST_CASE("differences are by path, those that came after those that went") {
  const auto changes =
      changes_between({{"a", "1"}, {"b", "2"}, {"c", "3"}}, {{"a", "1"}, {"b", "4"}, {"d", "5"}});
  REQUIRE(changes.size() == 3);
  CHECK((changes[0].path == "b" && changes[0].before == "2" && changes[0].after == "4"));
  CHECK((changes[1].path == "c" && changes[1].after.empty()));
  CHECK((changes[2].path == "d" && changes[2].before.empty()));
}

}  // namespace
}  // namespace waymark::app
