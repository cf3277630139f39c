// How a connection ends. Whether the peer sees FIN or RST is what the table in docs/endings.md
// promises.
#include <catch2/catch.hpp>
#include <string>

#include "connected.h"

namespace waymark::net {
namespace {

constexpr std::uint64_t kLinger = 2'000;
constexpr std::uint64_t kFlush = 10'000;
constexpr std::size_t kMoreThanFits = 1'000'000;

TEST_CASE("closing at once with unread input resets the peer") {
  Connected pair;
  pair.peer->send("unread");
  REQUIRE(pair.has_unread_input(6));
  pair.connection->close_now();
  CHECK(pair.connection->closing());
  CHECK(pair.end_at_peer() == Peer::Stream::reset);
  CHECK(pair.is_released());
}

TEST_CASE("closing gently with unread input ends with FIN and counts what it discards") {
  Connected pair;
  pair.peer->send("unread");
  REQUIRE(pair.has_unread_input(6));
  REQUIRE(pair.write("goodbye"));
  pair.connection->close_gently(kLinger, kFlush);
  CHECK(pair.end_at_peer() == Peer::Stream::ended);
  CHECK(pair.peer->input() == "goodbye");

  const std::string more(100'000, 'm');
  pair.peer->send(more);
  pair.peer->send_end();
  REQUIRE(pair.is_released());
  CHECK(pair.connection->discarded_bytes() == 6 + more.size());
  CHECK(pair.owner.times_readable == 0);
  CHECK(pair.owner.times_drained == 0);
}

TEST_CASE("closing gently writes what is queued first") {
  Connected pair = Connected::narrow();
  const std::string answer(kMoreThanFits, 'a');
  REQUIRE(pair.write(answer));
  pair.connection->close_gently(kLinger, kFlush);
  REQUIRE(pair.write("too late"));
  CHECK(pair.end_at_peer() == Peer::Stream::ended);
  CHECK(pair.peer->input() == answer);
  pair.peer->close();
  CHECK(pair.is_released());
  CHECK(pair.owner.times_drained == 0);
}

TEST_CASE("a peer that does not end is waited for exactly as long as asked") {
  Connected pair;
  const std::uint64_t now = pair.loop.now_ms();
  pair.connection->close_gently(kLinger, kFlush);
  pair.connection->check_deadline(now + kLinger - 1);
  pair.loop.run_passes(3);
  CHECK(pair.owner.times_released == 0);
  pair.connection->check_deadline(now + kLinger);
  CHECK(pair.is_released());
  CHECK(pair.end_at_peer() == Peer::Stream::ended);
}

TEST_CASE("a peer that does not read what is queued is waited for exactly as long as asked") {
  Connected pair = Connected::narrow();
  REQUIRE(pair.write(std::string(kMoreThanFits, 'a')));
  const std::uint64_t now = pair.loop.now_ms();
  pair.connection->close_gently(kLinger, kFlush);
  pair.connection->check_deadline(now + kFlush - 1);
  pair.loop.run_passes(3);
  CHECK(pair.owner.times_released == 0);
  CHECK(pair.connection->queued_bytes() > 0);
  pair.connection->check_deadline(now + kFlush);
  CHECK(pair.connection->queued_bytes() == 0);
  CHECK(pair.is_released());
}

TEST_CASE("lingering counts from the last byte written") {
  Connected pair = Connected::narrow();
  REQUIRE(pair.write(std::string(kMoreThanFits, 'a')));
  const std::uint64_t closed_at = pair.loop.now_ms();
  pair.connection->close_gently(kLinger, kFlush);
  REQUIRE(pair.loop.run_until([&] {
    return pair.loop.now_ms() > closed_at + 5 && pair.end_at_peer() == Peer::Stream::ended;
  }));
  pair.connection->check_deadline(closed_at + kLinger);
  pair.loop.run_passes(3);
  CHECK(pair.owner.times_released == 0);
  pair.connection->check_deadline(pair.loop.now_ms() + kLinger);
  CHECK(pair.is_released());
}

TEST_CASE("closing gently after the peer has ended takes no waiting") {
  Connected pair;
  pair.connection->want_readable(true);
  pair.peer->send_end();
  REQUIRE(pair.loop.run_until([&] { return pair.owner.ended; }));
  REQUIRE(pair.write("goodbye"));
  pair.connection->close_gently(kLinger, kFlush);
  CHECK(pair.is_released());
  CHECK(pair.end_at_peer() == Peer::Stream::ended);
  CHECK(pair.peer->input() == "goodbye");
}

TEST_CASE("closing gently after having ended its own direction sends no second FIN") {
  Connected pair = Connected::narrow();
  const std::string answer(kMoreThanFits, 'a');
  REQUIRE(pair.write(answer));
  pair.connection->shutdown_when_drained();
  pair.connection->close_gently(kLinger, kFlush);
  CHECK(pair.end_at_peer() == Peer::Stream::ended);
  CHECK(pair.peer->input() == answer);
  pair.peer->close();
  CHECK(pair.is_released());
}

TEST_CASE(
    "a peer that resets while the connection ends is let go, and the owner hears that alone") {
  const std::size_t queued = GENERATE(0U, 1'000'000U);
  CAPTURE(queued);
  Connected pair = Connected::narrow();
  REQUIRE(pair.write(std::string(queued, 'a')));
  pair.connection->close_gently(kLinger, kFlush);
  pair.peer->reset();
  CHECK(pair.is_released());
  CHECK(pair.owner.write_error == 0);
  CHECK(pair.owner.read_error == 0);
}

TEST_CASE("a reset reaches the peer, whatever is queued or unread") {
  Connected pair = Connected::narrow();
  pair.peer->send("unread");
  REQUIRE(pair.write(std::string(kMoreThanFits, 'a')));
  pair.connection->reset();
  CHECK(pair.connection->queued_bytes() == 0);
  CHECK(pair.end_at_peer() == Peer::Stream::reset);
  CHECK(pair.is_released());
}

TEST_CASE("an end can be hastened: a gentle close becomes a reset") {
  Connected pair = Connected::narrow();
  REQUIRE(pair.write(std::string(kMoreThanFits, 'a')));
  pair.connection->close_gently(kLinger, kFlush);
  pair.connection->reset();
  CHECK(pair.end_at_peer() == Peer::Stream::reset);
  CHECK(pair.is_released());
}

TEST_CASE("ends once, however often it is told to") {
  Connected pair;
  pair.connection->close_gently(kLinger, kFlush);
  pair.connection->close_gently(1, 1);
  pair.connection->close_now();
  pair.connection->reset();
  pair.connection->close_gently(kLinger, kFlush);
  pair.connection->shutdown_when_drained();
  pair.connection->want_readable(true);
  pair.connection->check_deadline(~std::uint64_t{0});
  REQUIRE(pair.is_released());
  pair.loop.run_passes(3);
  CHECK(pair.owner.times_released == 1);
}

}  // namespace
}  // namespace waymark::net
