#include "lab/numbered_line.h"

#include <catch2/catch.hpp>

using namespace waymark::lab;

namespace {

std::string answer(std::uint32_t client, std::uint64_t frame) {
  std::string line = numbered_line(client, frame);
  line.pop_back();
  return line;
}

}  // namespace

TEST_CASE("a line begins with who sends it, and is one line") {
  for (std::uint64_t frame = 1; frame < 500; ++frame) {
    const std::string line = numbered_line(7, frame);
    CHECK(line.starts_with("7:" + std::to_string(frame) + " "));
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(frame_of(7, answer(7, frame)) == frame);
  }
}

TEST_CASE("what is not exactly a line of the client is none") {
  CHECK_FALSE(frame_of(7, answer(8, 1)));
  CHECK_FALSE(frame_of(7, answer(7, 1) + "x"));
  CHECK_FALSE(frame_of(7, numbered_line(7, 1)));
  std::string damaged = answer(7, 3);
  damaged.back() = damaged.back() == 'a' ? 'b' : 'a';
  CHECK_FALSE(frame_of(7, damaged));
  for (const char* const text : {"", ":", "7:", "7:x", "7:1", "hello"})
    CHECK_FALSE(frame_of(7, text));
}
