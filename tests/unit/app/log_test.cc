#include "app/log.h"

#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <string>

namespace waymark::app {
namespace {

// Every JSON line is YAML too, and yaml-cpp is at hand. (Debian's protobuf cannot be asked: its
// maps have another layout than ours under ThreadSanitizer.)
YAML::Node parsed(const std::string& line) {
  const YAML::Node fields = YAML::Load(line);
  REQUIRE(fields.IsMap());
  return fields;
}

TEST_CASE("a JSON line holds time, level, event and the fields in order") {
  CHECK(format_json_line("2024-01-01T00:00:00.000Z", "info", "connection_ended",
                         {{"peer", "127.0.0.1:5"}, {"frames_up", std::uint64_t{7}}, {"s", 1.5}}) ==
        R"({"time":"2024-01-01T00:00:00.000Z","level":"info","event":"connection_ended",)"
        R"("peer":"127.0.0.1:5","frames_up":7,"s":1.500})");
}

TEST_CASE("a JSON line gives any text back, and has no control character in it") {
  std::string controls;
  for (char c = 0; c < 0x20; ++c) controls.push_back(c);
  const std::string text = GENERATE_COPY(
      std::string(), std::string("plain"), controls, std::string("\x7f\"\\\"\\\\"),
      std::string("two\nlines\r\n{\"event\":\"forged\"}"), std::string("caf\xc3\xa9 \xe2\x82\xac"),
      std::string("\xe2\x80\xaegnp.exe"), std::string("\xe2\x81\xa6x\xe2\x81\xa9 \xe2\x80\x8e"));
  const std::string line = format_json_line("t", "info", "e", {{"text", text}});
  for (const char c : line) {
    CHECK(static_cast<unsigned char>(c) >= 0x20);
    CHECK(c != 0x7f);
  }
  CHECK(parsed(line)["text"].as<std::string>() == text);
}

TEST_CASE("characters that turn the direction of writing are spelled out in both formats") {
  const auto [bytes, spelled] = GENERATE(table<std::string, std::string>({
      {"\xe2\x80\x8e", "\\u200e"},
      {"\xe2\x80\x8f", "\\u200f"},
      {"\xe2\x80\xaa", "\\u202a"},
      {"\xe2\x80\xae", "\\u202e"},
      {"\xe2\x81\xa6", "\\u2066"},
      {"\xe2\x81\xa9", "\\u2069"},
  }));
  CHECK_THAT(format_json_line("t", "info", "e", {{"x", bytes}}), Catch::Contains(spelled));
  CHECK(format_text_line("e", {{"x", "a" + bytes}}) == "e x=\"a" + spelled + "\"");
}

TEST_CASE("their neighbours are left alone") {
  const std::string text =
      "\xe2\x80\x8d \xe2\x80\x90 \xe2\x80\xa7 \xe2\x80\xaf \xe2\x81\xa5 \xe2\x81\xaa \xc2\xa0";
  CHECK(format_text_line("e", {{"x", text}}) == "e x=\"" + text + "\"");
}

TEST_CASE("a text line quotes only what would be misread") {
  CHECK(format_text_line("started", {}) == "started");
  CHECK(format_text_line("e", {{"a", "plain-1.2:3"}, {"n", std::uint64_t{5}}, {"s", 0.25}}) ==
        "e a=plain-1.2:3 n=5 s=0.250");
  CHECK(format_text_line("e", {{"a", ""}}) == "e a=\"\"");
  CHECK(format_text_line("e", {{"a", "two words"}}) == "e a=\"two words\"");
  CHECK(format_text_line("e", {{"a", "b=c"}}) == "e a=\"b=c\"");
  CHECK(format_text_line("e", {{"a", "\"\\"}}) == R"(e a="\"\\")");
  CHECK(format_text_line("e", {{"a", "x\ne a=y\x1b[2J\x7f"}}) ==
        R"(e a="x\u000ae a=y\u001b[2J\u007f")");
}

TEST_CASE("numbers are numbers, also the largest") {
  const std::string line =
      format_json_line("t", "info", "e", {{"n", ~std::uint64_t{0}}, {"s", 0.0005}});
  CHECK_THAT(line, Catch::Contains("\"n\":18446744073709551615"));
  CHECK(parsed(line)["s"].as<double>() < 0.002);
}

TEST_CASE("bytes that are not UTF-8 are replaced, so that a line always is") {
  for (const std::string& bad :
       {std::string("\xff"), std::string("\xc0\xaf"), std::string("\xed\xa0\x80"),
        std::string("\xe2\x80"), std::string("\xf5\x80\x80\x80")}) {
    const std::string line = format_text_line("e", {{"name", "a" + bad}});
    CHECK(line.find("\\ufffd") != std::string::npos);
    CHECK(line.find(bad) == std::string::npos);
  }
  CHECK(format_text_line("e", {{"name", "gr\xc3\xbc\xc3\x9f"}}) == "e name=\"gr\xc3\xbc\xc3\x9f\"");
}

TEST_CASE("second-page controls and line separators are escaped") {
  CHECK(format_text_line("e", {{"n", "\xc2\x85"}}) == "e n=\"\\u0085\"");
  CHECK(format_text_line("e", {{"n", "\xe2\x80\xa8"}}) == "e n=\"\\u2028\"");
  CHECK(format_text_line("e", {{"n", "\xd8\x9c"}}) == "e n=\"\\u061c\"");
}

}  // namespace
}  // namespace waymark::app
