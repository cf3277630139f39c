#include "app/yaml_tree.h"

#include <catch2/catch.hpp>

namespace waymark::app {
namespace {

using Catch::Contains;

YamlNode tree_of(std::string_view text) {
  std::variant<YamlNode, YamlError> result = parse_yaml(text);
  if (const auto* bad = std::get_if<YamlError>(&result)) FAIL(bad->message);
  return std::get<YamlNode>(std::move(result));
}

YamlError error_of(std::string_view text) {
  std::variant<YamlNode, YamlError> result = parse_yaml(text);
  REQUIRE(std::holds_alternative<YamlError>(result));
  return std::get<YamlError>(std::move(result));
}

TEST_CASE("a tree knows kinds, keys and places") {
  const YamlNode root = tree_of("a: 1\nb:\n  - x\n  - {c: ~}\n");
  CHECK(root.kind == YamlKind::mapping);
  REQUIRE(root.children.size() == 2);
  CHECK(root.children[0].key == "a");
  CHECK(root.children[0].text == "1");
  CHECK(root.children[0].key_place == Place{1, 1});
  CHECK(root.children[0].place == Place{1, 4});
  const YamlNode& list = root.children[1];
  CHECK(list.kind == YamlKind::list);
  REQUIRE(list.children.size() == 2);
  CHECK(list.children[0].place == Place{3, 5});
  CHECK(list.children[1].children.at(0).key == "c");
  CHECK(list.children[1].children.at(0).kind == YamlKind::null);
  CHECK(list.children[1].children.at(0).place == Place{4, 6});
}

TEST_CASE("duplicate keys are kept for the reader to see") {
  CHECK(tree_of("a: 1\na: 2\n").children.size() == 2);
}

TEST_CASE("an alias is a copy of what it names") {
  const YamlNode root = tree_of("a: &x { n: [1, 2] }\nb: *x\nc: &y 7\nd: *y\n");
  REQUIRE(root.children.size() == 4);
  CHECK(root.children[1].key == "b");
  CHECK(root.children[1].children.at(0).children.size() == 2);
  CHECK(root.children[1].place == root.children[0].place);
  CHECK(root.children[3].text == "7");
}

TEST_CASE("a bomb of aliases is refused before it unfolds") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 9; ++k) bomb += below + ", ";
    bomb += below + "]\n";
  }
  CHECK_THAT(error_of(bomb).message, Contains("aliases unfolded"));

  std::string heavy = "a: &a \"" + std::string(100'000, 'x') + "\"\nb: [*a";
  for (int i = 0; i < 100; ++i) heavy += ", *a";
  CHECK_THAT(error_of(heavy + "]\n").message, Contains("aliases unfolded"));
}

TEST_CASE("aliases neither hold themselves nor deepen the tree beyond its bound") {
  CHECK_THAT(error_of("a: &a [*a]\n").message, Contains("an alias inside of what it names"));
  std::string deep = "a0: &a0 []\n";
  for (int i = 1; i < 40; ++i) {
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  }
  CHECK_THAT(error_of(deep).message, Contains("nested deeper"));
}

TEST_CASE("depth is bounded") {
  std::string lists;
  for (int i = 0; i < 40; ++i) lists += "- ";
  CHECK_THAT(error_of(lists).message, Contains("nested deeper than 32 levels"));
  CHECK_FALSE(error_of(std::string(100'000, '[')).message.empty());
  CHECK_FALSE(error_of(std::string(100'000, '{')).message.empty());
  std::string block;
  for (int i = 0; i < 40; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK_THAT(error_of(block).message, Contains("nested deeper than 32 levels"));
}

TEST_CASE("what is no plain document is refused with its place") {
  CHECK(error_of("a: [1\nb: 2\n").place.line == 2);
  CHECK_THAT(error_of("a: [1\n").message, Contains("not YAML: "));
  CHECK(error_of("a: 1\n---\nb: 2\n").message == "a second document, only one is allowed");
  CHECK(error_of("a: !!binary aGk=\n").message == "tags are not supported");
  CHECK(error_of("? [a]\n: 1\n").message == "a field name must be plain text");
  CHECK(error_of("~: 1\n").message == "a field name must be plain text");
  const YamlError control = error_of(std::string_view("a: 1\nb: \x04 2\n"));
  CHECK(control.place == Place{2, 4});
  CHECK_THAT(control.message, Contains("0x04"));
}

TEST_CASE("an empty text is an empty mapping") {
  CHECK(tree_of("").kind == YamlKind::mapping);
  CHECK(tree_of("\n# words\n").children.empty());
}

}  // namespace
}  // namespace waymark::app
