#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "connected.h"

namespace waymark::net {
namespace {

// Bytes that show where they belong.
std::string numbered(std::size_t size) {
  std::string bytes;
  for (int i = 0; bytes.size() < size; ++i) bytes += std::to_string(i) + ',';
  bytes.resize(size);
  return bytes;
}

bool peer_gets(Connected& pair, const std::string& expected) {
  (void)pair.loop.run_until([&] {
    return pair.peer->receive() != Peer::Stream::open ||
           pair.peer->input().size() >= expected.size();
  });
  return pair.peer->input() == expected;
}

TEST_CASE("writes at once what the kernel takes, and queues nothing") {
  Connected pair;
  REQUIRE(pair.write("hello"));
  CHECK(pair.connection->queued_bytes() == 0);
  CHECK(peer_gets(pair, "hello"));
  CHECK(pair.owner.times_drained == 0);
}

TEST_CASE("queues what the kernel does not take, keeps the order and tells when it is out") {
  Connected pair = Connected::narrow();
  const std::string first = numbered(1'000'000);
  std::string expected = first;
  REQUIRE(pair.write(first));
  const std::size_t queued = pair.connection->queued_bytes();
  CHECK(queued > 0);
  CHECK(queued < first.size());
  for (int i = 0; i < 100; ++i) {
    const std::string next = "<" + std::to_string(i) + ">";
    REQUIRE(pair.write(next));
    expected += next;
  }
  CHECK(pair.connection->queued_bytes() == queued + expected.size() - first.size());
  pair.loop.run_passes(5);
  CHECK(pair.owner.times_drained == 0);
  CHECK(peer_gets(pair, expected));
  CHECK(pair.connection->queued_bytes() == 0);
  CHECK(pair.owner.times_drained == 1);

  REQUIRE(pair.write("again"));
  CHECK(pair.connection->queued_bytes() == 0);
  CHECK(peer_gets(pair, expected + "again"));
}

TEST_CASE("a queue that is refilled while it empties stays in order") {
  Connected pair = Connected::narrow();
  const std::string part = numbered(50'000);
  std::string expected;
  for (int round = 0; round < 40; ++round) {
    REQUIRE(pair.write(part));
    expected += part;
    REQUIRE(pair.loop.run_until([&] {
      (void)pair.peer->receive();
      return pair.connection->queued_bytes() < 30'000;
    }));
  }
  CHECK(peer_gets(pair, expected));
}

TEST_CASE("writes any number of parts as one stream") {
  const auto count = GENERATE(0U, 1U, 255U, 256U, 257U, 2'000U);
  const auto size = GENERATE(0U, 3U, 700U);
  CAPTURE(count, size);
  Connected pair = Connected::narrow();
  std::vector<std::string> parts;
  std::string expected;
  for (unsigned i = 0; i < count; ++i) {
    parts.push_back(std::string(i % 5 == 4 ? 0 : size, static_cast<char>('a' + i % 26)));
    expected += parts.back();
  }
  const std::vector<std::string_view> views(parts.begin(), parts.end());
  REQUIRE(pair.connection->write(views));
  CHECK(peer_gets(pair, expected));
}

TEST_CASE("ends its direction after what is queued, and still reads") {
  const std::size_t size = GENERATE(10U, 1'000'000U);
  CAPTURE(size);
  Connected pair = Connected::narrow();
  const std::string answer = numbered(size);
  REQUIRE(pair.write(answer));
  pair.connection->shutdown_when_drained();
  pair.connection->shutdown_when_drained();
  REQUIRE(pair.write("too late"));
  CHECK(pair.end_at_peer() == Peer::Stream::ended);
  CHECK(pair.peer->input() == answer);

  pair.connection->want_readable(true);
  pair.peer->send("still here");
  REQUIRE(pair.loop.run_until([&] { return pair.owner.input == "still here"; }));
  CHECK(pair.owner.times_released == 0);
}

TEST_CASE("a peer that resets breaks the writing of what is queued, also while nobody reads") {
  Connected pair = Connected::narrow();
  REQUIRE(pair.write(numbered(1'000'000)));
  pair.peer->reset();
  REQUIRE(pair.is_released());
  CHECK(pair.owner.write_error == ECONNRESET);
  CHECK(pair.owner.times_readable == 0);
}

TEST_CASE("writing to a peer that is gone says so") {
  Connected pair;
  pair.peer->reset();
  REQUIRE(pair.loop.run_until([&] { return !pair.write("x"); }));
  const int error = pair.connection->last_error();
  CHECK((error == ECONNRESET || error == EPIPE));
}

}  // namespace
}  // namespace waymark::net
