#include "app/config_text.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "app/config.h"
#include "config_fixture.h"

namespace waymark::app {
namespace {

constexpr std::string_view kRich = R"(
workers: 2
listeners:
  - { name: a, bind: 127.0.0.1:0, pool: p, framing: { line: { egress: crlf } }, frame_timeout: 90s }
  - name: b
    bind: "[::1]:0"
    pool: p
    framing: { delimiter: { delimiters: ['\r\n', ';', '\x03'] } }
pools:
  - name: p
    upstreams: [ "127.0.0.1:7001", { address: "127.0.0.1:7002", weight: 3, metadata: [ "a=it's" ] } ]
    no_upstream_reply: 'busy\r\n\\'
limits: { max_memory: 3GiB }
)";

std::string value_of(const FlatConfig& flat, std::string_view path) {
  const auto at = std::find_if(flat.begin(), flat.end(),
                               [path](const auto& entry) { return entry.first == path; });
  return at == flat.end() ? "none" : at->second;
}

TEST_CASE("what is written reads the same") {
  const ConfigResult first = parse(kRich);
  REQUIRE(first.ok());
  const ConfigResult second = parse(first.config().yaml);
  INFO(first.config().yaml);
  INFO((second.ok() ? std::string() : to_string(second.errors())));
  REQUIRE(second.ok());
  CHECK(second.config().flat == first.config().flat);
  CHECK(second.config().yaml == first.config().yaml);
  CHECK(second.config().proxy.pools[0].no_upstream_reply == "busy\r\n\\");
  CHECK(second.config().proxy.listeners[1].framing.delimiters ==
        std::vector<std::string>{"\r\n", ";", "\x03"});
}

TEST_CASE("the shortest text is written") {
  const ConfigResult result = parse(kRich);
  REQUIRE(result.ok());
  const FlatConfig& flat = result.config().flat;
  CHECK(value_of(flat, "listeners[a].frame_timeout") == "90s");
  CHECK(value_of(flat, "listeners[a].idle_timeout") == "1h");
  CHECK(value_of(flat, "listeners[a].framing.line.egress") == "crlf");
  CHECK(value_of(flat, "listeners[a].send_buffer") == "64KiB");
  CHECK(value_of(flat, "pools[p].upstreams[127.0.0.1:7002 a=it's].weight") == "3");
  CHECK(value_of(flat, "pools[p].upstreams[127.0.0.1:7001].refresh") == "never");
  CHECK(value_of(flat, "limits.max_memory") == "3GiB");
  CHECK(value_of(flat, "limits.max_connections") == "auto");
  CHECK(value_of(flat, "drain.delay") == "0s");
}

}  // namespace
}  // namespace waymark::app
