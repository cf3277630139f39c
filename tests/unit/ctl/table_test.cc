#include "ctl/table.h"

#include <catch2/catch.hpp>

namespace waymark::ctl {
namespace {

const Style kPlain;

TEST_CASE("aligns columns to the left and to the right") {
  Table table({{"NAME"}, {"N", Align::right}, {"WHY"}});
  table.add({"a", "5", "x"});
  table.add({"longer", "12345", "y"});
  CHECK(table.to_string(kPlain) ==
        "NAME        N  WHY\n"
        "a           5  x\n"
        "longer  12345  y\n");
}

TEST_CASE("shows what is empty or missing as a dash") {
  Table table({{"A"}, {"B"}});
  table.add({""});
  CHECK(table.to_string(kPlain) == "A  B\n-  -\n");
}

TEST_CASE("measures columns of the terminal, not bytes") {
  Table table({{"NAME"}, {"N"}});
  table.add({"Grüße", "1"});
  table.add({"日本語", "2"});
  CHECK(table.to_string(kPlain) ==
        "NAME    N\n"
        "Grüße   1\n"
        "日本語  2\n");
}

TEST_CASE("escapes what a server could send to the terminal") {
  Table table({{"NAME"}, {"N"}});
  table.add({"\x1b[2J\n", "1"});
  CHECK(table.to_string(kPlain) == "NAME       N\n\\x1b[2J\\n  1\n");
  Fields fields;
  fields.add("name", "\x1b]0;x\x07");
  CHECK(fields.to_string(kPlain) == "name  \\x1b]0;x\\x07\n");
}

TEST_CASE("paints only where colours are allowed, and aligns the same") {
  Table table({{"S"}, {"N"}});
  table.add({Cell("ok", Colour::green), "1"});
  CHECK(table.to_string(kPlain) == "S   N\nok  1\n");
  CHECK(table.to_string({.colours = true}) ==
        "\x1b[1mS\x1b[0m   \x1b[1mN\x1b[0m\n\x1b[32mok\x1b[0m  1\n");
}

TEST_CASE("cuts lines at the edge of the terminal") {
  Table table({{"NAME"}, {"WHY"}});
  table.add({"ab", "日本語"});
  CHECK(table.to_string({.width = 9}) == "NAME  WHY\nab    日\n");
  CHECK(table.to_string({.width = 5}) == "NAME\nab\n");
  CHECK(table.to_string({.width = 1}) == "N\na\n");
  CHECK(table.to_string({.colours = true, .width = 1}) == "\x1b[1mN\x1b[0m\na\n");
}

TEST_CASE("shows as many rows as are wanted") {
  Table table({{"N"}});
  table.add({"1"});
  table.add({"a wide one that does not count"});
  CHECK(table.to_string(kPlain, 1) == "N\n1\n");
  CHECK(table.rows() == 2);
}

TEST_CASE("fields have their values in one column") {
  Fields fields;
  fields.add("id", "1");
  fields.add("address", "");
  CHECK(fields.to_string(kPlain) == "id       1\naddress  -\n");
}

}  // namespace
}  // namespace waymark::ctl
