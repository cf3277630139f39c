#include "proxy/client_table.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "clients.h"

namespace waymark::proxy {
namespace {

TEST_CASE("a client is found by its mark until it has ended") {
  Clients clients;
  Client& one = clients.add(1);
  Client& two = clients.add(2);
  CHECK(clients.table.find(mark_number(1)) == &one);
  CHECK(clients.table.find(mark_number(2)) == &two);
  CHECK(clients.table.find(mark_number(3)) == nullptr);
  clients.end(one);
  CHECK(one.retired);
  CHECK(clients.table.find(mark_number(1)) == nullptr);
  CHECK(clients.table.live() == std::vector<Client*>{&two});
  CHECK(clients.table.retired() == std::vector<Client*>{&one});
  CHECK_FALSE(clients.table.empty());
}

TEST_CASE("a client lives on until its socket is released") {
  Clients clients;
  Client& client = clients.add(1);
  clients.end(client);
  CHECK(client.session.mark() == mark_number(1));
  clients.pass();
  CHECK(clients.table.empty());
}

TEST_CASE("every client knows its place through any comings and goings") {
  Clients clients;
  std::map<std::uint8_t, Client*> living;
  std::mt19937 random(7);
  for (int step = 0; step < 2'000; ++step) {
    const auto number = static_cast<std::uint8_t>(random() % 40);
    if (const auto at = living.find(number); at != living.end()) {
      clients.end(*at->second);
      living.erase(at);
    } else {
      living[number] = &clients.add(number);
    }
    if (step % 16 == 0) clients.pass();
    REQUIRE(clients.table.live().size() == living.size());
    for (const auto& [mark, client] : living) {
      REQUIRE(clients.table.find(mark_number(mark)) == client);
      REQUIRE(clients.table.live()[client->place] == client);
    }
    for (std::size_t i = 0; i < clients.table.retired().size(); ++i) {
      REQUIRE(clients.table.retired()[i]->place == i);
    }
  }
}

}  // namespace
}  // namespace waymark::proxy
