#include "app/config_reference.h"

#include <catch2/catch.hpp>
#include <iterator>
#include <string>

#include "app/config_schema.h"
#include "config_fixture.h"
#include "support/repository.h"

namespace waymark::app {
namespace {

using Catch::Contains;

// What the documentation holds between its two markers.
std::string documented_reference() {
  const std::string begin = "<!-- reference: printed by app::config_reference() -->\n";
  const std::string end = "<!-- end of reference -->";
  const std::string text = text_in_repository("docs/configuration.md");
  const std::size_t from = text.find(begin);
  const std::size_t to = text.find(end);
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  return text.substr(from + begin.size(), to - from - begin.size());
}

void check_documented(const Descriptor& message) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    INFO(field.full_name());
    CHECK_FALSE(rule_of(field).doc().empty());
    CHECK(rule_of(field).doc().back() == '.');
    if (field.message_type() != nullptr) check_documented(*field.message_type());
  }
}

TEST_CASE("docs/configuration.md holds the reference as it is printed") {
  CHECK(documented_reference() == config_reference());
}

TEST_CASE("every field of the schema has its sentence") {
  check_documented(*schema::Config::descriptor());
}

TEST_CASE("a row tells path, type, default, bounds and meaning") {
  CHECK_THAT(
      config_reference(),
      Contains("| `listeners[].backlog` | number | `4096` | 1 to 65535 | Clients that may wait "
               "to be accepted. |\n"));
}

}  // namespace
}  // namespace waymark::app
