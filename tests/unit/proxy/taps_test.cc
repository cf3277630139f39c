#include "proxy/taps.h"

#include <catch2/catch.hpp>

#include "clients.h"

namespace waymark::proxy {
namespace {

void show(Taps& taps, const Client& client, std::string_view payload) {
  taps.show(client, TapFrame::Direction::up, 1, 0, wire::Bytes(payload));
}

std::string next_of(Tap& tap) {
  const auto item = tap.take();
  if (!item) return "nothing";
  const auto* frame = std::get_if<TapFrame>(&*item);
  return frame != nullptr ? frame->bytes : "end";
}

TEST_CASE("a frame is shown to all who look at its client, and to nobody else") {
  Clients clients;
  Client& one = clients.add(1);
  Client& two = clients.add(2);
  const auto a = std::make_shared<Tap>(TapLimits{});
  const auto b = std::make_shared<Tap>(TapLimits{});
  const auto c = std::make_shared<Tap>(TapLimits{});
  Taps taps;
  taps.add(one, a);
  taps.add(one, b);
  CHECK_FALSE(two.tapped);
  taps.add(two, c);
  CHECK(one.tapped);
  show(taps, one, "x");
  CHECK(next_of(*a) == "x");
  CHECK(next_of(*b) == "x");
  CHECK(next_of(*c) == "nothing");
}

TEST_CASE("the end of a client ends its taps alone") {
  Clients clients;
  Client& one = clients.add(1);
  Client& two = clients.add(2);
  const auto a = std::make_shared<Tap>(TapLimits{});
  const auto b = std::make_shared<Tap>(TapLimits{});
  Taps taps;
  taps.add(one, a);
  taps.add(two, b);
  taps.end(one, CloseReason::admin);
  CHECK(next_of(*a) == "end");
  CHECK(a.use_count() == 1);
  CHECK_FALSE(one.tapped);
  CHECK(two.tapped);
  show(taps, two, "y");
  CHECK(next_of(*b) == "y");
}

TEST_CASE("a tap that is closed is forgotten, and its client is untapped with the last one") {
  Clients clients;
  Client& client = clients.add(1);
  const auto a = std::make_shared<Tap>(TapLimits{});
  const auto b = std::make_shared<Tap>(TapLimits{});
  Taps taps;
  taps.add(client, a);
  taps.add(client, b);
  taps.tick(clients.table, 0);
  CHECK(a.use_count() == 2);
  a->close();
  taps.tick(clients.table, 0);
  CHECK(a.use_count() == 1);
  CHECK(client.tapped);
  b->close();
  taps.tick(clients.table, 0);
  CHECK_FALSE(client.tapped);
  CHECK(taps.empty());
}

}  // namespace
}  // namespace waymark::proxy
