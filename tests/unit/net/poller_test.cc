// What edges must not lose: everything is told once, and a connection that pauses, reads little or
// ends in the middle of a pass makes up for it.
#include "net/poller.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "connected.h"

namespace waymark::net {
namespace {

// Many connections whose owner does what the test says.
class Crowd final : public ConnectionEvents {
 public:
  explicit Crowd(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      int ends[2];
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        throw std::runtime_error("socketpair");
      }
      connections.push_back(std::make_unique<Connection>(poller, ends[0], *this));
      peers.push_back(ends[1]);
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() override {
    for (auto& connection : connections) connection->close_now();
    loop.run_passes(3);
    for (const int peer : peers) ::close(peer);
    poller.close();
  }

  void readable(Connection& connection) override { on_readable(connection); }
  void drained(Connection&) override {}
  void broken(Connection& connection, int error_number) override {
    errors.push_back(error_number);
    connection.close_now();
  }
  void released(Connection& connection) override { released_ones.insert(&connection); }

  TestLoop loop;
  Poller poller{loop.get()};
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<int> peers;
  std::function<void(Connection&)> on_readable = [](Connection&) {};
  std::vector<int> errors;
  std::set<Connection*> released_ones;
};

TEST_CASE("one that reads less than there is looks again, pass after pass, until all is read") {
  Crowd crowd(1);
  std::string input;
  crowd.on_readable = [&](Connection& connection) {
    char byte = 0;
    if (connection.read(&byte, 1).size == 1) input.push_back(byte);
  };
  crowd.connections[0]->want_readable(true);
  REQUIRE(::write(crowd.peers[0], "abcdefgh", 8) == 8);
  CHECK(crowd.loop.wait_until([&] { return input == "abcdefgh"; }));
}

TEST_CASE("input that came during a pause is told after it, without anything new") {
  Crowd crowd(1);
  int told = 0;
  std::string input;
  crowd.on_readable = [&](Connection& connection) {
    if (++told == 1) return connection.want_readable(false);  // and reads nothing
    char buffer[16];
    input.append(buffer, connection.read(buffer, sizeof buffer).size);
  };
  crowd.connections[0]->want_readable(true);
  REQUIRE(::write(crowd.peers[0], "abc", 3) == 3);
  REQUIRE(crowd.loop.wait_until([&] { return told == 1; }));
  crowd.loop.run_passes(5);
  CHECK(told == 1);
  crowd.connections[0]->want_readable(true);
  CHECK(crowd.loop.wait_until([&] { return input == "abc"; }));
}

TEST_CASE("an end that came together with the last bytes is told after a short read") {
  Crowd crowd(1);
  REQUIRE(::write(crowd.peers[0], "abc", 3) == 3);
  REQUIRE(::shutdown(crowd.peers[0], SHUT_WR) == 0);
  bool ended = false;
  crowd.on_readable = [&](Connection& connection) {
    char buffer[16];
    ended = connection.read(buffer, sizeof buffer).kind == Connection::ReadResult::Kind::end;
    if (ended) connection.want_readable(false);
  };
  crowd.connections[0]->want_readable(true);
  CHECK(crowd.loop.wait_until([&] { return ended; }));
}

TEST_CASE("more connections than events of a pass are all told") {
  constexpr std::size_t kCount = 1500;
  Crowd crowd(kCount);
  std::set<Connection*> told;
  crowd.on_readable = [&](Connection& connection) {
    char buffer[16];
    if (connection.read(buffer, sizeof buffer).size > 0) told.insert(&connection);
  };
  for (auto& connection : crowd.connections) connection->want_readable(true);
  for (const int peer : crowd.peers) REQUIRE(::write(peer, "x", 1) == 1);
  CHECK(crowd.loop.wait_until([&] { return told.size() == kCount; }));
}

TEST_CASE("connections that end each other in the middle of a pass are released once each") {
  constexpr std::size_t kCount = 64;
  Crowd crowd(kCount);
  // Each leaves input behind, so that it is in the list to look again when another ends it.
  int passes = 0;
  crowd.on_readable = [&](Connection& connection) {
    char byte = 0;
    (void)connection.read(&byte, 1);
    if (++passes % 3 != 0) return;
    for (auto& other : crowd.connections) {
      if (other.get() != &connection && !other->closing()) return other->close_now();
    }
    connection.close_now();
  };
  for (auto& connection : crowd.connections) connection->want_readable(true);
  const std::string plenty(4096, 'p');
  for (const int peer : crowd.peers) {
    REQUIRE(::send(peer, plenty.data(), plenty.size(), 0) == static_cast<ssize_t>(plenty.size()));
  }
  CHECK(crowd.loop.wait_until([&] { return crowd.released_ones.size() == kCount; }));
}

TEST_CASE("a connection closed outside of any event is released without one") {
  Crowd crowd(2);
  crowd.connections[0]->close_now();
  CHECK(crowd.loop.wait_until([&] { return crowd.released_ones.size() == 1; }));
  CHECK(crowd.released_ones.contains(crowd.connections[0].get()));
}

TEST_CASE("a descriptor the kernel does not watch breaks its connection instead of hanging it") {
  Crowd crowd(0);
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  crowd.connections.push_back(
      std::make_unique<Connection>(crowd.poller, ::dup(::fileno(file)), crowd));
  std::fclose(file);
  CHECK(crowd.loop.wait_until([&] { return crowd.released_ones.size() == 1; }));
  CHECK(crowd.errors == std::vector<int>{EPERM});
}

}  // namespace
}  // namespace waymark::net
