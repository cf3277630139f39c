#include "proxy/write_gather.h"

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <random>
#include <string>

#include "clients.h"

namespace waymark::proxy {
namespace {

frame::Envelope envelope_of(std::string_view head, std::string_view tail) {
  frame::Envelope envelope;
  head.copy(envelope.head.data(), head.size());
  envelope.head_size = static_cast<std::uint8_t>(head.size());
  envelope.tail = tail;
  return envelope;
}

std::string joined(std::span<const std::string_view> parts) {
  std::string bytes;
  for (std::string_view part : parts) bytes += part;
  return bytes;
}

TEST_CASE("puts head, payload and tail of each payload one after the other") {
  Clients clients;
  Client& client = clients.add(1);
  WriteGather gather;
  gather.add(client, envelope_of("<", ">"), wire::Bytes("one"));
  gather.add(client, envelope_of("", "\n"), wire::Bytes(""));
  gather.add(client, envelope_of("[", ""), wire::Bytes("two"));
  CHECK(client.gather_bytes == 10);
  CHECK(joined(gather.take(client)) == "<one>\n[two");
  CHECK(client.gather_bytes == 0);
  CHECK(gather.take(client).empty());
}

TEST_CASE("a large payload is not copied") {
  Clients clients;
  Client& client = clients.add(1);
  const std::string large(100'000, 'L');
  WriteGather gather;
  gather.add(client, envelope_of("<", ">"), wire::Bytes(large));
  const auto parts = gather.take(client);
  REQUIRE(parts.size() == 3);
  CHECK(parts[1].data() == large.data());
  CHECK(parts[1].size() == large.size());
}

TEST_CASE("small payloads of one client become few parts") {
  Clients clients;
  Client& client = clients.add(1);
  WriteGather gather;
  std::string expected;
  for (int i = 0; i < 1'000; ++i) {
    const std::string payload = std::to_string(i);
    gather.add(client, envelope_of("", "\n"), wire::Bytes(payload));
    expected += payload + "\n";
  }
  const auto parts = gather.take(client);
  CHECK(parts.size() == 1);
  CHECK(joined(parts) == expected);
}

TEST_CASE("a client that was taken may be added to again") {
  Clients clients;
  Client& client = clients.add(1);
  WriteGather gather;
  gather.add(client, envelope_of("", "\n"), wire::Bytes("first"));
  CHECK(joined(gather.take(client)) == "first\n");
  gather.add(client, envelope_of("", "\n"), wire::Bytes("second"));
  CHECK(joined(gather.take(client)) == "second\n");
}

// Interleaved clients, sizes around the limits of copying, payloads in several pieces, more than
// the blocks hold, and the blocks used again.
TEST_CASE("each client gets its own bytes in their order") {
  std::mt19937 random(11);
  Clients clients;
  for (std::uint8_t number = 1; number <= 5; ++number) clients.add(number);
  WriteGather gather;
  for (int round = 0; round < 20; ++round) {
    std::deque<std::string> message;  // what the received message would hold
    std::deque<std::array<std::string_view, 2>> pieces;
    std::map<Client*, std::string> expected;
    for (int i = 0; i < 400; ++i) {
      Client* client = clients.table.live()[random() % 5];
      const std::size_t sizes[] = {0, 1, 511, 512, 513, 2'000, random() % 40};
      message.emplace_back(sizes[random() % 7], static_cast<char>('a' + i % 26));
      const std::string_view payload = message.back();
      const std::size_t split = payload.empty() ? 0 : random() % payload.size();
      pieces.push_back({payload.substr(0, split), payload.substr(split)});
      const std::string head(random() % 9, 'H');
      const std::string_view tail = i % 2 == 0 ? "\r\n" : "";
      gather.add(*client, envelope_of(head, tail),
                 wire::Bytes(pieces.back()[0], &pieces.back()[1], payload.size()));
      expected[client] += head + std::string(payload) + std::string(tail);
      REQUIRE(client->gather_bytes == expected[client].size());
    }
    for (Client* client : gather.clients()) {
      const std::string bytes = joined(gather.take(*client));
      REQUIRE((bytes == expected[client]));
      expected.erase(client);
    }
    CHECK(expected.empty());
    gather.clear();
    CHECK(gather.clients().empty());
  }
}

}  // namespace
}  // namespace waymark::proxy
