// What users are told of their mistakes: the printed text, whole where the wording matters.
#include <catch2/catch.hpp>

#include "config_fixture.h"

namespace waymark::app {
namespace {

using Catch::Contains;

TEST_CASE("a typo is told with its place, what is allowed and what was meant") {
  CHECK(
      errors_of("pools: [ { name: p } ]\n"
                "listeners:\n"
                "  - name: a\n"
                "    bind: 127.0.0.1:1\n"
                "    pool: p\n"
                "    framming: line\n") ==
      "waymark.yaml:6:5: listeners[0].framming: unknown field, allowed: name, bind, pool, framing, "
      "backlog, frame_timeout, idle_timeout, half_close_timeout, linger_timeout, "
      "tcp_user_timeout, keepalive, send_buffer, up_window, down, proxy_protocol, tls, routes, "
      "identity, identity_wait, expose_key, duplicates, max_take_overs, limits, goodbye; did you "
      "mean "
      "framing?\n");
}

TEST_CASE("all errors come at once, in the order of the file") {
  CHECK(
      errors_of("workers: many\n"
                "listeners:\n"
                "  - bind: localhost:7999\n"
                "    pool: p\n"
                "pools: []\n"
                "log: { level: loud }\n") ==
      "waymark.yaml:1:10: workers: \"many\" is not a whole number; allowed too: auto\n"
      "waymark.yaml:3:5: listeners[0].name: required, and missing\n"
      "waymark.yaml:3:11: listeners[0].bind: \"localhost:7999\" is not a numeric address and port "
      "such as 0.0.0.0:7999 or \"[::]:7999\"\n"
      "waymark.yaml:5:8: pools: at least one is due, found an empty list\n"
      "waymark.yaml:6:15: log.level: \"loud\" is unknown, allowed: debug, info, warn, error\n");
}

TEST_CASE("an empty file lacks what is required") {
  const std::string expected =
      "waymark.yaml:1:1: listeners: required, and missing\n"
      "waymark.yaml:1:1: pools: required, and missing\n";
  CHECK(errors_of("") == expected);
  CHECK(errors_of("# nothing yet\n") == expected);
}

TEST_CASE("a field given twice is an error") {
  CHECK(errors_of(least_and("workers: 1\nworkers: 2\n")) ==
        "waymark.yaml:6:1: workers: duplicate field, first given on line 5\n");
}

TEST_CASE("a value of the wrong kind is an error") {
  CHECK_THAT(errors_of("listeners: { name: a }\npools: [ { name: p } ]"),
             Contains("1:12: listeners: a list is due, found a mapping"));
  CHECK_THAT(errors_of(least_and("workers: [1]")),
             Contains("5:10: workers: a plain value is due, found a list"));
  CHECK_THAT(errors_of(least_and("drain: 5s")),
             Contains("drain: a mapping is due, found a plain value"));
  CHECK_THAT(errors_of(least_and("drain:\n")),
             Contains("drain: a mapping is due, found nothing; leave the field out"));
  CHECK_THAT(errors_of("- 1\n"), Contains("1:1: a mapping is due, found a list"));
}

TEST_CASE("booleans are true or false and nothing else") {
  for (const std::string text : {"yes", "on", "1", "True", "\"yes\"", "~"}) {
    CHECK(errors_of("listeners: [ { name: a, bind: 127.0.0.1:1, pool: p } ]\n"
                    "pools: [ { name: p, upstreams: [ { address: a:1, insecure: " +
                    text + " } ] } ]") != "");
  }
  CHECK(errors_of("listeners: [ { name: a, bind: 127.0.0.1:1, pool: p } ]\n"
                  "pools: [ { name: p, upstreams: [ { address: a:1, insecure: true } ] } ]") == "");
}

TEST_CASE("a number outside of its bounds names them") {
  CHECK(errors_of(least_and("workers: 257")) ==
        "waymark.yaml:5:10: workers: 257 is out of range, allowed: 1 to 256; allowed too: auto\n");
  CHECK_THAT(errors_of(listener_with("framing: { raw: { max_frame_bytes: 16777217 } }")),
             Contains("5:36: listeners[0].framing.raw.max_frame_bytes: 16777217 is out of range, "
                      "allowed: 1 to 16MiB"));
  CHECK_THAT(errors_of(least_and("workers: 99999999999999999999")), Contains("not a whole number"));
}

TEST_CASE("a framing is one of seven") {
  CHECK_THAT(
      errors_of(listener_with("framing: lines")),
      Contains("5:10: listeners[0].framing: \"lines\" is unknown, allowed: raw, line, delimiter, "
               "fixed, length_prefix, start_stop, switch; did you mean line?"));
  CHECK_THAT(errors_of(listener_with("framing: { raw: {}, line: {} }")), Contains("found 2"));
  CHECK_THAT(errors_of(listener_with("framing: {}")), Contains("found 0"));
  CHECK_THAT(errors_of(listener_with("framing: fixed")),
             Contains("listeners[0].framing.fixed.bytes: required, and missing"));
  CHECK_THAT(errors_of(listener_with("framing: [line]")), Contains("found a list"));
}

TEST_CASE("a framing that could not cut a stream is refused where it stands") {
  CHECK_THAT(errors_of(listener_with("framing: { length_prefix: { offset: 4 } }")),
             Contains("5:10: listeners[0].framing: ") && Contains("strip"));
  CHECK_THAT(errors_of(listener_with("framing: { fixed: { bytes: 300KiB } }")),
             Contains("listeners[0].framing: "));
}

TEST_CASE("variables are replaced, and a missing one is an error") {
  CHECK(parse(least_and("proxy_id: edge-${ZONE}"), {{"ZONE", "b"}}).config().proxy.proxy_id ==
        "edge-b");
  CHECK(parse(least_and("proxy_id: ${ID:-none}")).config().proxy.proxy_id == "none");
  CHECK(errors_of(least_and("proxy_id: ${ID}")) ==
        "waymark.yaml:5:11: proxy_id: the variable ID is not set, and ${ID:-default} gives it no "
        "default\n");
}

TEST_CASE("names are unique and known") {
  CHECK_THAT(errors_of("listeners:\n"
                       "  - { name: a, bind: 127.0.0.1:1, pool: p }\n"
                       "  - { name: a, bind: 127.0.0.1:2, pool: q }\n"
                       "pools: [ { name: p }, { name: p }, { name: r } ]\n"),
             Contains("3:13: listeners[1].name: \"a\" is taken by listeners[0].name") &&
                 Contains("3:41: listeners[1].pool: no pool is called \"q\", known: p, p, r") &&
                 Contains("4:31: pools[1].name: \"p\" is taken by pools[0].name"));
}

TEST_CASE("two listeners do not share an address") {
  const auto binds = [](const std::string& first, const std::string& second) {
    return errors_of("pools: [ { name: p } ]\nlisteners:\n  - { name: a, pool: p, bind: \"" +
                     first + "\" }\n  - { name: b, pool: p, bind: \"" + second + "\" }\n");
  };
  CHECK(binds("127.0.0.1:5", "127.0.0.1:5") ==
        "waymark.yaml:4:31: listeners[1].bind: 127.0.0.1:5 is taken by listeners[0].bind, which "
        "binds "
        "127.0.0.1:5\n");
  CHECK(binds("0.0.0.0:5", "127.0.0.1:5") != "");
  CHECK(binds("[::1]:5", "[0:0::1]:5") != "");
  CHECK(binds("127.0.0.1:5", "[::]:5") != "");
  CHECK(binds("127.0.0.1:8000", "127.0.0.2:8000") ==
        "waymark.yaml:3:31: listeners[0].bind: 127.0.0.1:8000 is taken by admin.bind, which binds "
        "127.0.0.1:8000\n");
  CHECK(binds("127.0.0.1:5", "127.0.0.1:6") == "");
  CHECK(binds("127.0.0.1:5", "127.0.0.2:5") == "");
  CHECK(binds("0.0.0.0:5", "[::1]:5") == "");
  CHECK(binds("127.0.0.1:0", "127.0.0.1:0") == "");
}

TEST_CASE("a pool may be empty but lists no upstream twice") {
  const auto upstreams = [](const std::string& list) {
    return errors_of(
        "listeners: [ { name: a, bind: 127.0.0.1:1, pool: p } ]\n"
        "pools: [ { name: p, upstreams: " +
        list + " } ]\n");
  };
  CHECK(upstreams("[]") == "");
  CHECK(upstreams("[127.0.0.1:7, localhost:7]") == "");
  CHECK_THAT(upstreams("[localhost:7, { address: LOCALHOST:7 }]"),
             Contains("2:57: pools[0].upstreams[1].address: \"localhost:7\" is taken by "
                      "pools[0].upstreams[0].address"));
  CHECK_THAT(upstreams("127.0.0.1:7"), Contains("a list is due, found a plain value"));
  for (const std::string bad : {"localhost", "localhost:0", "a b:1", "1.2.3:1", "h:65536"}) {
    CHECK_THAT(upstreams("[\"" + bad + "\"]"), Contains("is not a host and port"));
  }
}

TEST_CASE("plaintext off the loopback must be asked for") {
  const std::string listeners = "listeners: [ { name: a, bind: 127.0.0.1:1, pool: p } ]\n";
  CHECK_THAT(errors_of(listeners + "pools: [ { name: p, upstreams: [10.0.0.5:7001] } ]\n"),
             Contains("2:33: pools[0].upstreams[0].address: 10.0.0.5:7001 is off the loopback") &&
                 Contains("its pool needs `tls`, or say `insecure: true`"));
  CHECK_THAT(errors_of(listeners + "pools: [ { name: p, upstreams: [127.evil.example:1] } ]\n"),
             Contains("off the loopback"));
  CHECK(errors_of(
            listeners +
            "pools: [ { name: p, upstreams: [{ address: 10.0.0.5:7001, insecure: true }] } ]\n") ==
        "");
}

TEST_CASE("settings that contradict each other are refused") {
  CHECK_THAT(errors_of(listener_with("down: { soft: 2MiB, hard: 1MiB }")),
             Contains("5:15: listeners[0].down.soft: "));
  CHECK_THAT(errors_of(listener_with("down: { soft: 2MiB }")), Contains("1048576"));
  CHECK(errors_of(listener_with("down: { soft: 1MiB, hard: 1MiB }")) == "");
  CHECK_THAT(errors_of(least_and("drain: { timeout: 1s, quiet: 1s }")),
             Contains("5:30: drain.quiet: 1000 ms must be less"));
  CHECK_THAT(errors_of(least_and("drain: { timeout: 5s, delay: 1s, spread: 4s }")),
             Contains("5:42: drain.spread: 4000 ms and drain.delay, 1000 ms, must be less than"));
  CHECK(errors_of(least_and("drain: { timeout: 5s, delay: 1s, spread: 3999ms }")) == "");
  CHECK(errors_of(least_and("drain: { timeout: 5s, delay: 6s }")) == "");
  CHECK_THAT(errors_of("listeners: [ { name: a, bind: 127.0.0.1:1, pool: p } ]\n"
                       "pools: [ { name: p, pair_replies: true } ]\n"),
             Contains("pools[0].pair_replies: needs a `reply_timeout`"));
  CHECK_THAT(errors_of("listeners: [ { name: a, bind: 127.0.0.1:1, pool: p } ]\n"
                       "pools: [ { name: p, dispatch: all, reply_timeout: 1s } ]\n"),
             Contains("pools[0].reply_timeout: cannot be had with `dispatch: all`"));
  CHECK_THAT(errors_of(least_and("admin: { bind: 0.0.0.0:8000 }")),
             Contains("5:16: admin.bind: 0.0.0.0:8000 is off the loopback"));
  for (const std::string lab : {"10.0.0.1:8300", "'[::1]:8300'", "127.0.0.1:0"}) {
    CHECK_THAT(errors_of(least_and("admin: { lab: " + lab + " }")),
               Contains("5:15: admin.lab: ") && Contains("which is in 127.0.0.0/8 and has a port"));
  }
  CHECK(errors_of(least_and("admin: { lab: 127.0.0.1:8300 }")) == "");
}

TEST_CASE("a value with an error is not complained of twice") {
  CHECK(errors_of(listener_with("down: { soft: lots, hard: 1KiB }")) ==
        "waymark.yaml:5:15: listeners[0].down.soft: \"lots\" is not a size such as 4096, 64KiB or "
        "1MiB\n");
  CHECK(errors_of("listeners: [ { name: a, bind: 127.0.0.1:1, pool: p } ]\n"
                  "pools: [ { nam: p } ]\n") ==
        "waymark.yaml:2:10: pools[0].name: required, and missing\n"
        "waymark.yaml:2:12: pools[0].nam: unknown field, allowed: name, upstreams, balance, "
        "dispatch, max_in_flight, reply_timeout, timeout_reply, pair_replies, on_doubt, "
        "max_attempts, "
        "reach, no_upstream_timeout, no_upstream_reply, active_within, window_bytes, "
        "window_events, connect_timeout, welcome_timeout, progress_timeout, ping_interval, "
        "leave_timeout, health, tls; did you mean name?\n");
}

TEST_CASE("many errors are counted, not all printed") {
  std::string text(kLeast);
  for (int i = 0; i < 150; ++i) text += "x" + std::to_string(i) + ": 1\n";
  const ConfigResult result = parse(text);
  REQUIRE_FALSE(result.ok());
  CHECK(result.errors().size() == ErrorReport::kMaxErrors + 1);
  CHECK(result.errors().back().message == "and 50 more errors");
}

TEST_CASE("what a file says is printed without harm to the terminal") {
  CHECK_THAT(errors_of(least_and("\"a\\eb\": 1")), Contains(": \"a\\x1bb\": unknown field"));
  CHECK_THAT(errors_of(least_and("workers: \"\\a\"")), Contains("\"\\x07\" is not"));
  CHECK_THAT(errors_of(least_and("workers: " + std::string(1000, '9'))),
             Contains("999...\" is not"));
}

}  // namespace
}  // namespace waymark::app
