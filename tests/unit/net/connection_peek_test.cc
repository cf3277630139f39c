#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "connected.h"

namespace waymark::net {
namespace {

using Kind = Connection::ReadResult::Kind;

// Peeks whenever it is told of input; reads once `reads` is set.
class PeekingOwner final : public ConnectionEvents {
 public:
  void readable(Connection& connection) override {
    ++times_readable;
    std::array<char, 4096> buffer;
    const auto got = reads ? connection.read(buffer.data(), buffer.size())
                           : connection.peek(buffer.data(), buffer.size());
    last = got.kind;
    (reads ? input : peeked) = std::string(buffer.data(), got.size);
    complete = connection.input_complete();
    if (last == Kind::end || last == Kind::failed) connection.want_readable(false);
  }
  void drained(Connection&) override {}
  void broken(Connection& connection, int) override { connection.close_now(); }
  void released(Connection&) override { released_ = true; }

  std::string peeked;
  std::string input;
  Kind last = Kind::nothing_yet;
  bool reads = false;
  bool complete = false;
  bool released_ = false;
  int times_readable = 0;
};

class Peeking {
 public:
  Peeking() {
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Address address = *Address::from_numeric("127.0.0.1", 0);
    REQUIRE(::bind(listening, address.get(), address.size()) == 0);
    REQUIRE(::listen(listening, 1) == 0);
    peer = std::make_unique<Peer>(Peer::connect(Address::local_of(listening)));
    const int fd = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ::close(listening);
    connection = std::make_unique<Connection>(poller, fd, owner);
    connection->want_readable(true);
  }
  Peeking(const Peeking&) = delete;
  Peeking& operator=(const Peeking&) = delete;
  ~Peeking() {
    connection->close_now();
    loop.run_passes(2);
    poller.close();
  }

  TestLoop loop;
  Poller poller{loop.get()};
  PeekingOwner owner;
  std::unique_ptr<Peer> peer;
  std::unique_ptr<Connection> connection;
};

TEST_CASE("a peek answers what came so far, and takes nothing") {
  Peeking pair;
  pair.peer->send("abc");
  REQUIRE(pair.loop.run_until([&] { return pair.owner.peeked == "abc"; }));
  pair.peer->send("def");
  REQUIRE(pair.loop.run_until([&] { return pair.owner.peeked == "abcdef"; }));
  CHECK_FALSE(pair.owner.complete);
  char buffer[4];
  CHECK(pair.connection->peek(buffer, sizeof buffer).size == 4);
  CHECK(std::string(buffer, 4) == "abcd");
}

TEST_CASE("what was peeked at is not told again by itself") {
  Peeking pair;
  pair.peer->send("abc");
  REQUIRE(pair.loop.run_until([&] { return pair.owner.peeked == "abc"; }));
  const int told = pair.owner.times_readable;
  pair.loop.run_passes(20);
  CHECK(pair.owner.times_readable == told);
}

TEST_CASE("a read after a peek has the bytes though no more come") {
  Peeking pair;
  pair.peer->send("abc");
  REQUIRE(pair.loop.run_until([&] { return pair.owner.peeked == "abc"; }));
  pair.owner.reads = true;
  SECTION("at once") {
    char buffer[8];
    const auto got = pair.connection->read(buffer, sizeof buffer);
    CHECK(std::string(buffer, got.size) == "abc");
    CHECK(pair.connection->peek(buffer, sizeof buffer).kind == Kind::nothing_yet);
  }
  SECTION("told because it is wanted anew") {
    pair.connection->want_readable(true);
    CHECK(pair.loop.wait_until([&] { return pair.owner.input == "abc"; }));
  }
  SECTION("told after a pause") {
    pair.connection->want_readable(false);
    pair.connection->want_readable(true);
    CHECK(pair.loop.wait_until([&] { return pair.owner.input == "abc"; }));
  }
}

TEST_CASE("a peek at nothing, at the end and behind a reset says so") {
  Peeking pair;
  char buffer[8];
  CHECK(pair.connection->peek(buffer, sizeof buffer).kind == Kind::nothing_yet);
  SECTION("end") {
    pair.peer->send_end();
    REQUIRE(pair.loop.run_until([&] { return pair.owner.last == Kind::end; }));
    CHECK(pair.connection->peek(buffer, sizeof buffer).kind == Kind::end);
  }
  SECTION("bytes, and no more will come") {
    pair.peer->send("ab");
    pair.peer->send_end();
    CHECK(pair.loop.run_until([&] { return pair.owner.peeked == "ab" && pair.owner.complete; }));
  }
  SECTION("reset") {
    pair.peer->reset();
    CHECK(pair.loop.run_until([&] { return pair.owner.last == Kind::failed; }));
  }
}

TEST_CASE("a gentle close discards what was only peeked at") {
  Peeking pair;
  pair.peer->send("abc");
  REQUIRE(pair.loop.run_until([&] { return pair.owner.peeked == "abc"; }));
  pair.connection->close_gently(60'000, 60'000);
  REQUIRE(pair.loop.run_until([&] { return pair.connection->discarded_bytes() == 3; }));
  pair.peer->send_end();
  REQUIRE(pair.loop.run_until([&] { return pair.owner.released_; }));
  CHECK(pair.peer->receive() == Peer::Stream::ended);
}

}  // namespace
}  // namespace waymark::net
