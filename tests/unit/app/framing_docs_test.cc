// Every protocol of docs/framing.md: its configuration is read, and cuts its examples as they say.
#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_scalar.h"
#include "config_fixture.h"
#include "frame/egress.h"
#include "frame/framer.h"
#include "support/repository.h"

namespace waymark::app {
namespace {

struct Example {
  std::string bytes;    // what a client sends
  std::string payload;  // what the upstream gets
};

struct Protocol {
  std::string title;
  std::string yaml;
  std::vector<Example> examples;
};

// `"text"` with the escapes of the configuration, or pairs of hexadecimal digits.
std::string bytes_of(std::string_view written) {
  std::string escapes;
  if (written.starts_with('"')) {
    escapes = written.substr(1, written.size() - 2);
  } else {
    std::istringstream pairs{std::string(written)};
    for (std::string pair; pairs >> pair;) escapes += "\\x" + pair;
  }
  const auto bytes = parse_text(schema::Rule::UNIT_BYTES, escapes);
  INFO(written);
  REQUIRE(bytes.ok());
  return *bytes;
}

Example example_of(const std::string& line) {
  const std::size_t arrow = line.find(" -> ");
  if (arrow == std::string::npos) return {bytes_of(line), bytes_of(line)};
  return {bytes_of(line.substr(0, arrow)), bytes_of(line.substr(arrow + 4))};
}

std::vector<Protocol> documented() {
  std::istringstream text(text_in_repository("docs/framing.md"));
  std::vector<Protocol> all;
  std::string fence;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("### ")) all.push_back({.title = line.substr(4)});
    if (line.starts_with("```")) {
      fence = fence.empty() ? line.substr(3) : "";
    } else if (fence == "yaml") {
      all.back().yaml += "    " + line + "\n";
    } else if (fence == "text") {
      all.back().examples.push_back(example_of(line));
    }
  }
  return all;
}

frame::Framing framing_of(const Protocol& protocol) {
  const std::string text =
      "pools:\n  - name: p\n"
      "listeners:\n  - name: a\n    bind: 127.0.0.1:7999\n    pool: p\n" +
      protocol.yaml;
  REQUIRE(errors_of(text) == "");
  return parse(text).config().proxy.listeners[0].framing;
}

TEST_CASE("the protocols of docs/framing.md are cut as it says, however they are split") {
  const std::vector<Protocol> all = documented();
  CHECK(all.size() >= 10);
  for (const Protocol& protocol : all) {
    INFO(protocol.title);
    const frame::Framing framing = framing_of(protocol);
    std::string stream;
    std::vector<std::string> expected;
    for (const Example& each : protocol.examples) {
      stream += each.bytes;
      expected.push_back(each.payload);
    }
    REQUIRE(!expected.empty());
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
      frame::Framer framer(framing);
      std::vector<std::string> frames;
      std::string echo;
      std::uint64_t skipped = 0;
      for (std::size_t at = 0; at < stream.size(); at += piece) {
        const auto fault = framer.feed(
            std::string_view(stream).substr(at, piece),
            [&](std::string_view frame) {
              frames.emplace_back(frame);
              const auto envelope =
                  frame::wrap(framing, framer.last_ending(), std::span(&frame, 1));
              REQUIRE(envelope);
              echo += envelope->head_bytes();
              echo += envelope->body ? std::string_view(*envelope->body) : frame;
              echo += envelope->tail;
            },
            &skipped);
        REQUIRE(fault == frame::Fault::none);
      }
      REQUIRE(frames == expected);
      REQUIRE(echo == stream);
      REQUIRE(skipped == 0);
      REQUIRE(!framer.unfinished());
    }
  }
}

}  // namespace
}  // namespace waymark::app
