#include "proxy/layout.h"

#include <catch2/catch.hpp>

namespace waymark::proxy {
namespace {

Settings settings_of(std::vector<std::pair<std::string, std::string>> listeners,
                     const std::vector<std::string>& pools) {
  Settings settings;
  for (auto& [name, pool] : listeners) settings.listeners.push_back({.name = name, .pool = pool});
  for (const std::string& pool : pools) settings.pools.push_back({.name = pool});
  return settings;
}

Layout must(absl::StatusOr<Layout> layout) {
  REQUIRE(layout.ok());
  return *std::move(layout);
}

TEST_CASE("slots are given in configured order") {
  Framings framings;
  const Layout layout =
      must(next_layout({}, settings_of({{"a", "y"}, {"b", "x"}}, {"x", "y"}), framings));
  REQUIRE(layout.listeners.size() == 2);
  CHECK(layout.any_listener_slot("a") == 0);
  CHECK(layout.any_listener_slot("b") == 1);
  CHECK(layout.listeners[0].pool == *layout.pool_slot("y"));
  CHECK(layout.listeners[1].pool == *layout.pool_slot("x"));
  CHECK_FALSE(layout.any_listener_slot("c"));
}

TEST_CASE("a name keeps its slot, whatever the order; what is gone keeps it too") {
  Framings framings;
  const Layout first =
      must(next_layout({}, settings_of({{"a", "x"}, {"b", "x"}}, {"x"}), framings));
  const Layout second =
      must(next_layout(first, settings_of({{"c", "y"}, {"b", "y"}}, {"y"}), framings));
  CHECK(second.any_listener_slot("b") == 1);
  CHECK(second.any_listener_slot("c") == 2);
  CHECK_FALSE(second.listeners[0].open);
  CHECK(second.listeners[0].pool == 0);
  CHECK_FALSE(second.pool_slot("x"));
  CHECK(second.any_pool_slot("x") == 0);
  CHECK(second.listeners[1].pool == *second.pool_slot("y"));

  const Layout third = must(next_layout(second, settings_of({{"a", "x"}}, {"x"}), framings));
  CHECK(third.any_listener_slot("a") == 0);
  CHECK(third.pool_slot("x") == 0);
  CHECK(third.listeners.size() == 3);
}

TEST_CASE("what is shared with the layout before stays as it was there") {
  Framings framings;
  Settings settings = settings_of({{"a", "x"}}, {"x"});
  const Layout first = must(next_layout({}, settings, framings));
  const frame::Framing* raw = first.listeners[0].framing;
  settings.listeners[0].framing.kind = frame::Kind::line;
  settings.listeners[0].idle_timeout = Millis(5);
  settings.pools[0].no_upstream_timeout = Millis(7);
  const Layout second = must(next_layout(first, settings, framings));
  CHECK(raw->kind == frame::Kind::raw);
  CHECK(first.listeners[0].framing == raw);
  CHECK(second.listeners[0].framing->kind == frame::Kind::line);
  CHECK(second.listeners[0].deadlines.idle_timeout == 5);
  CHECK(second.listeners[0].deadlines.no_upstream_timeout == 7);
  settings.listeners[0].framing.kind = frame::Kind::raw;
  const Layout third = must(next_layout(second, settings, framings));
  CHECK(third.listeners[0].framing == raw);  // kept once, however often it comes
}

TEST_CASE("the largest frame of a pool counts the listeners that lead there") {
  Framings framings;
  Settings settings = settings_of({{"a", "x"}, {"b", "x"}, {"c", "y"}}, {"x", "y"});
  settings.listeners[0].framing.max_frame_bytes = 10;
  settings.listeners[1].framing.max_frame_bytes = 30;
  settings.listeners[2].framing.max_frame_bytes = 20;
  const Layout layout = must(next_layout({}, settings, framings));
  CHECK(layout.largest_frame(0) == 30);
  CHECK(layout.largest_frame(1) == 20);
}

TEST_CASE("names are not given for ever: the error names which and why") {
  Framings framings;
  Layout layout;
  for (std::size_t i = 0; i < Layout::kMostSlots; ++i) {
    layout =
        must(next_layout(layout, settings_of({{"l" + std::to_string(i), "x"}}, {"x"}), framings));
  }
  const auto more = next_layout(layout, settings_of({{"one-more", "x"}}, {"x"}), framings);
  CHECK(more.status().code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(std::string(more.status().message()), Catch::Contains("one-more"));
  CHECK(next_layout(layout, settings_of({{"l7", "x"}}, {"x"}), framings).ok());
}

}  // namespace
}  // namespace waymark::proxy
