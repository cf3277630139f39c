#include "app/config_scalar.h"

#include <catch2/catch.hpp>

#include "app/config_variables.h"
#include "config_fixture.h"

namespace waymark::app {
namespace {

using Rule = schema::Rule;

// -1 for what is refused.
std::int64_t number(Rule::Unit unit, std::string_view text) {
  return parse_number(unit, text, machine_with({})).value_or(-1);
}

std::string expanded(std::string_view text) {
  return expand_variables(text, machine_with({{"A", "1"}, {"EMPTY", ""}, {"ODD", "${A}$$"}}))
      .value_or("refused");
}

TEST_CASE("durations are a number and a unit") {
  CHECK(number(Rule::UNIT_DURATION, "0s") == 0);
  CHECK(number(Rule::UNIT_DURATION, "500ms") == 500);
  CHECK(number(Rule::UNIT_DURATION, "30s") == 30'000);
  CHECK(number(Rule::UNIT_DURATION, "2m") == 120'000);
  CHECK(number(Rule::UNIT_DURATION, "1h") == 3'600'000);
  for (const char* bad : {"", "5", "s", "-1s", "-0s", "+1s", "1.5s", "1 s", "1S", "1h30m", "1us",
                          "9223372036854775807h", "0x1s"}) {
    INFO(bad);
    CHECK(number(Rule::UNIT_DURATION, bad) == -1);
  }
  CHECK(number(Rule::UNIT_SECONDS, "2m") == 120);
  CHECK(number(Rule::UNIT_SECONDS, "3000ms") == 3);
  CHECK(number(Rule::UNIT_SECONDS, "1500ms") == -1);
}

TEST_CASE("sizes are bytes or powers of 1024") {
  CHECK(number(Rule::UNIT_SIZE, "4096") == 4096);
  CHECK(number(Rule::UNIT_SIZE, "64KiB") == 65'536);
  CHECK(number(Rule::UNIT_SIZE, "1MiB") == 1'048'576);
  CHECK(number(Rule::UNIT_SIZE, "2GiB") == 2'147'483'648);
  for (const char* bad :
       {"64KB", "64kib", "64K", "1.5MiB", "-1", "1 MiB", "9999999999GiB", "25%"}) {
    INFO(bad);
    CHECK(number(Rule::UNIT_SIZE, bad) == -1);
  }
  CHECK(number(Rule::UNIT_MEMORY, "1MiB") == 1'048'576);
  CHECK(number(Rule::UNIT_MEMORY, "25%") == 250'000'000);
  CHECK(number(Rule::UNIT_MEMORY, "0%") == -1);
  CHECK(number(Rule::UNIT_MEMORY, "101%") == -1);
}

TEST_CASE("whole numbers have no sign unless they may") {
  CHECK(number(Rule::UNIT_COUNT, "12") == 12);
  CHECK(number(Rule::UNIT_COUNT, "-12") == -1);
  CHECK(number(Rule::UNIT_COUNT, "1e3") == -1);
  CHECK(number(Rule::UNIT_INTEGER, "-12") == -12);
}

TEST_CASE("escapes become bytes") {
  const auto bytes = [](std::string_view text) {
    return parse_text(Rule::UNIT_BYTES, text).value_or("refused");
  };
  CHECK(bytes(R"(\r\n)") == "\r\n");
  CHECK(bytes(R"(\t\\|)") == "\t\\|");
  CHECK(bytes(R"(\0\xfF)") == std::string("\0\xff", 2));
  for (const char* bad : {"", "\\", R"(\x1)", R"(\xg0)", R"(\q)", R"(a\x)"}) {
    INFO(bad);
    CHECK(bytes(bad) == "refused");
  }
}

TEST_CASE("variables take their value, their default, or are refused") {
  CHECK(expanded("a${A}b${A}") == "a1b1");
  CHECK(expanded("${EMPTY}") == "");
  CHECK(expanded("${EMPTY:-x}") == "x");
  CHECK(expanded("${NONE:-}") == "");
  CHECK(expanded("${NONE:-a:-b c}") == "a:-b c");
  CHECK(expanded("$$A $${A}") == "$A ${A}");
  CHECK(expanded("${ODD}") == "${A}$$");
  for (const char* bad : {"${NONE}", "$", "$A", "${", "${A", "${}", "${1A}", "${A-b}", "${:-x}"}) {
    INFO(bad);
    CHECK(expanded(bad) == "refused");
  }
}

TEST_CASE("endpoints are read strictly and written canonically") {
  CHECK(parse_bind("127.0.0.1:80").value().to_string() == "127.0.0.1:80");
  CHECK(parse_bind("[0:0::1]:80").value().to_string() == "[::1]:80");
  for (const char* bad :
       {"", ":80", "80", "::1:80", "[127.0.0.1]:80", "127.1:80", "localhost:80",
        "127.0.0.1:", "127.0.0.1:+1", "127.0.0.1:65536", "[::1]", "[::1%lo]:80"}) {
    INFO(bad);
    CHECK_FALSE(parse_bind(bad).ok());
  }
  CHECK(parse_host_port("API.internal:1").value() == Endpoint{"api.internal", 1});
  CHECK(Endpoint{"::ffff:127.0.0.9", 1}.is_loopback());
  CHECK_FALSE(Endpoint{"127.0.0.1.example.org", 1}.is_loopback());
  CHECK_FALSE(Endpoint{"0.0.0.0", 1}.is_loopback());
}

}  // namespace
}  // namespace waymark::app
