#include "session/window.h"

#include <catch2/catch.hpp>

namespace waymark::session {
namespace {

TEST_CASE("a window is full when either its bytes or its events are") {
  Window window(1'000, 3);
  CHECK(window.empty());
  CHECK(window.has_room());
  window.add(999, 1);
  CHECK(window.has_room());
  window.add(1, 1);
  CHECK_FALSE(window.has_room());
  window.remove(999, 1);
  CHECK(window.has_room());
  window.add(1, 1);
  CHECK(window.has_room());
  window.add(1, 1);
  CHECK(window.bytes() == 3);
  CHECK_FALSE(window.has_room());
}

TEST_CASE("an event larger than the window goes through alone") {
  Window window(1'000, 10);
  CHECK(window.has_room());
  window.add(50'000, 1);
  CHECK_FALSE(window.has_room());
  window.remove(50'000, 1);
  CHECK(window.has_room());
  CHECK(window.empty());
}

TEST_CASE("tells what is outstanding") {
  Window window(1'000, 10);
  window.add(300, 2);
  window.add(30, 1);
  CHECK(window.bytes() == 330);
  CHECK(window.events() == 3);
  CHECK_FALSE(window.empty());
  window.remove(330, 3);
  CHECK(window.bytes() == 0);
  CHECK(window.events() == 0);
}

}  // namespace
}  // namespace waymark::session
