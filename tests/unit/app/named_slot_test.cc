#include "app/named_slot.h"

#include <catch2/catch.hpp>

#include "base/status.h"

namespace waymark::app {
namespace {

using Slot = absl::StatusOr<std::size_t>;

// Listeners a and b of pools x and y, of which a and x are gone.
struct Fixture {
  Fixture() {
    proxy::Settings before;
    before.listeners = {{.name = "a", .pool = "x"}};
    before.pools = {{.name = "x"}};
    settings.listeners = {{.name = "c", .pool = "y"}, {.name = "b", .pool = "y"}};
    settings.pools = {{.name = "z"}, {.name = "y"}};
    const auto first = proxy::next_layout({}, before, framings);
    REQUIRE(first.ok());
    auto second = proxy::next_layout(*first, settings, framings);
    REQUIRE(second.ok());
    layout = *std::move(second);
  }

  proxy::Framings framings;
  proxy::Settings settings;
  proxy::Layout layout;
};

TEST_CASE_METHOD(Fixture, "a name stands for its slot") {
  for (const char* name : {"b", "c"}) {
    const Slot slot = listener_slot(layout, settings, name, "listener");
    REQUIRE(slot.ok());
    CHECK(layout.listeners[*slot].settings->name == name);
  }
  for (const char* name : {"y", "z"}) {
    const Slot slot = pool_slot(layout, settings, name, "pool");
    REQUIRE(slot.ok());
    CHECK(layout.pools[*slot].settings->name == name);
  }
}

TEST_CASE_METHOD(Fixture, "a name that is gone stands for its slot as well") {
  CHECK(*listener_slot(layout, settings, "a", "listener") == 0);
  CHECK(*pool_slot(layout, settings, "x", "pool") == 0);
}

TEST_CASE_METHOD(Fixture, "an unknown name is refused with those that are configured") {
  const Slot listener = listener_slot(layout, settings, "y", "filter.listener");
  CHECK(listener.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(message_of(listener.status()) == "filter.listener: there is no listener 'y', known: c, b");
  const Slot pool = pool_slot(layout, settings, "b", "pool");
  CHECK(pool.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(message_of(pool.status()) == "pool: there is no pool 'b', known: z, y");
}

}  // namespace
}  // namespace waymark::app
