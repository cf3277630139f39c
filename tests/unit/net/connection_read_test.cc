#include <catch2/catch.hpp>
#include <string>

#include "connected.h"

namespace waymark::net {
namespace {

TEST_CASE("reads what the peer sends, in order, and then its end") {
  Connected pair;
  pair.connection->want_readable(true);
  std::string sent;
  for (int i = 0; i < 20'000; ++i) sent += std::to_string(i) + ' ';
  pair.peer->send(sent);
  pair.peer->send_end();
  REQUIRE(pair.loop.run_until([&] { return pair.owner.ended; }));
  CHECK(pair.owner.input == sent);
  CHECK_FALSE(pair.connection->closing());
}

TEST_CASE("says nothing of input until it is wanted, nor after it is no longer") {
  Connected pair;
  pair.peer->send("a");
  REQUIRE(pair.has_unread_input(1));
  pair.loop.run_passes(5);
  CHECK(pair.owner.times_readable == 0);

  pair.connection->want_readable(true);
  CHECK(pair.connection->wants_readable());
  REQUIRE(pair.loop.run_until([&] { return pair.owner.input == "a"; }));

  pair.connection->want_readable(false);
  const int told = pair.owner.times_readable;
  pair.peer->send("b");
  REQUIRE(pair.has_unread_input(1));
  pair.loop.run_passes(5);
  CHECK(pair.owner.times_readable == told);
}

TEST_CASE("reads no more than it is asked to") {
  Connected pair;
  pair.peer->send("abcdef");
  REQUIRE(pair.has_unread_input(6));
  char buffer[4];
  const auto got = pair.connection->read(buffer, sizeof buffer);
  CHECK(got.kind == Connection::ReadResult::Kind::bytes);
  CHECK(std::string(buffer, got.size) == "abcd");
  CHECK(pair.connection->read(buffer, sizeof buffer).size == 2);
  CHECK(pair.connection->read(buffer, sizeof buffer).kind ==
        Connection::ReadResult::Kind::nothing_yet);
}

TEST_CASE("what the peer sent before its RST is read before the error") {
  Connected pair;
  const std::string last_words(20'000, 'w');
  pair.peer->send(last_words);
  REQUIRE(pair.has_unread_input(last_words.size()));
  pair.peer->reset();
  pair.connection->want_readable(true);
  REQUIRE(pair.loop.run_until([&] { return pair.owner.read_error != 0; }));
  CHECK(pair.owner.input == last_words);
  CHECK(pair.owner.read_error == ECONNRESET);
  CHECK(pair.owner.write_error == 0);
}

// Its kernel resets because it has not read what was sent to it.
TEST_CASE("what the peer sent before its RST is read before the error, also with output queued") {
  Connected pair = Connected::narrow();
  REQUIRE(pair.write(std::string(1'000'000, 'a')));
  REQUIRE(pair.connection->queued_bytes() > 0);
  const std::string last_words(5'000, 'w');
  pair.peer->send(last_words);
  REQUIRE(pair.has_unread_input(last_words.size()));
  pair.peer->reset();
  pair.connection->want_readable(true);
  REQUIRE(pair.loop.run_until([&] { return pair.owner.read_error + pair.owner.write_error != 0; }));
  CHECK(pair.owner.input == last_words);
  CHECK(pair.owner.read_error == ECONNRESET);
}

TEST_CASE("input behind urgent data is read, and the urgent byte is left out") {
  Connected pair;
  pair.peer->send("abc\n");
  pair.peer->send_urgent('!');
  pair.peer->send("def\n");
  REQUIRE(pair.has_unread_input(4));
  pair.connection->want_readable(true);
  CHECK(pair.loop.wait_until([&] { return pair.owner.input == "abc\ndef\n"; }));
}

// While nobody reads, the connection tells neither the end of the stream nor its reset.
TEST_CASE("tells on request whether a peer that is not read from has gone") {
  Connected pair;
  CHECK_FALSE(pair.connection->peer_gone());
  SECTION("FIN: it may still read") {
    pair.peer->send("question");
    pair.peer->send_end();
    REQUIRE(pair.has_unread_input(8));
    pair.loop.run_passes(5);
    CHECK_FALSE(pair.connection->peer_gone());
  }
  SECTION("RST, behind unread input") {
    pair.peer->send("question");
    REQUIRE(pair.has_unread_input(8));
    pair.peer->reset();
    CHECK(pair.loop.run_until([&] { return pair.connection->peer_gone(); }));
    CHECK(pair.owner.times_readable == 0);
  }
}

}  // namespace
}  // namespace waymark::net
