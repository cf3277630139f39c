#include <malloc.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tls_pair.h"

namespace waymark::net {
namespace {

struct Server {
  Certificates all;
  TlsServerOptions options{.certificates = {all.server.files()}};
};

std::string long_text() {
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += std::to_string(i) + ' ';
  return text;
}

TEST_CASE("carries bytes both ways over TLS") {
  Server server;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsPair pair(server.options, {.version = version});
  REQUIRE(pair.shakes_hands());
  pair.read_size = static_cast<std::size_t>(GENERATE(100, 4096, 64 * 1024));
  const std::string text = long_text();
  pair.client->send(text);
  REQUIRE(pair.run_until([&] { return pair.input.size() == text.size(); }));
  CHECK(pair.input == text);

  const std::vector<std::string_view> parts = {"head", text, "", "tail"};
  REQUIRE(pair.connection->write(parts));
  REQUIRE(pair.run_until([&] { return pair.client->input.size() == text.size() + 8; }));
  CHECK(pair.client->input == "head" + text + "tail");
}

TEST_CASE("what a client sends right behind its handshake is told without another edge") {
  Server server;
  TlsPair pair(server.options);
  pair.client->send("early");
  CHECK(pair.run_until([&] { return pair.input == "early"; }));
}

// The edge comes while OpenSSL still has bytes, and a read that takes just these asks no socket.
TEST_CASE("what comes behind bytes that were deciphered before is told") {
  Server server;
  TlsPair pair(server.options);
  REQUIRE(pair.shakes_hands());
  pair.connection->want_readable(false);
  pair.client->send("abcdefgh");
  REQUIRE(pair.has_unread_input());
  CHECK(pair.connection->read(pair.buffer.data(), 4).size == 4);
  pair.client->send("ijkl");
  REQUIRE(pair.has_unread_input());
  CHECK(pair.connection->read(pair.buffer.data(), 4).size == 4);
  CHECK(std::string(pair.buffer.data(), 4) == "efgh");
  pair.connection->want_readable(true);
  CHECK(pair.run_until([&] { return pair.input == "ijkl"; }));
}

TEST_CASE("what the kernel does not take of a TLS connection is queued, and drained later") {
  Server server;
  TlsPair pair(server.options, {}, 8 * 1024);
  REQUIRE(pair.shakes_hands());
  pair.client->reads = false;
  const std::string text = long_text();
  REQUIRE(pair.write(text));
  CHECK(pair.connection->queued_bytes() > 0);
  pair.client->reads = true;
  REQUIRE(pair.run_until([&] { return pair.client->input.size() == text.size(); }));
  CHECK(pair.client->input == text);
  CHECK(pair.times_drained == 1);
}

TEST_CASE("a close_notify ends the client's direction alone") {
  Server server;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsPair pair(server.options, {.version = version});
  REQUIRE(pair.shakes_hands());
  pair.client->send("question");
  pair.client->send_end();
  REQUIRE(pair.run_until([&] { return pair.ended; }));
  CHECK(pair.input == "question");
  REQUIRE(pair.write("answer"));
  pair.connection->close_gently(5'000, 5'000);
  REQUIRE(pair.run_until([&] { return pair.client->ended; }));
  CHECK(pair.client->input == "answer");
  CHECK_FALSE(pair.client->failed);
}

TEST_CASE("the end of TCP without a close_notify is no clean end") {
  Server server;
  TlsPair pair(server.options);
  REQUIRE(pair.shakes_hands());
  pair.client->send("half a");
  REQUIRE(pair.run_until([&] { return pair.input == "half a"; }));
  pair.client->close_socket();
  REQUIRE(pair.run_until([&] { return pair.read_error != 0; }));
  CHECK(pair.read_error == ECONNRESET);
  CHECK_FALSE(pair.ended);
}

TEST_CASE("a gentle close writes what is queued and a close_notify behind it") {
  Server server;
  TlsPair pair(server.options, {}, 8 * 1024);
  REQUIRE(pair.shakes_hands());
  pair.client->reads = false;
  const std::string text = long_text();
  REQUIRE(pair.write(text));
  pair.client->send("unread");
  pair.connection->close_gently(5'000, 5'000);
  pair.client->reads = true;
  REQUIRE(pair.run_until([&] { return pair.client->ended; }));
  CHECK(pair.client->input == text);
  CHECK_FALSE(pair.client->failed);
}

TEST_CASE("ends its own direction and goes on reading") {
  Server server;
  TlsPair pair(server.options);
  REQUIRE(pair.shakes_hands());
  REQUIRE(pair.write("that was all"));
  pair.connection->shutdown_when_drained();
  REQUIRE(pair.run_until([&] { return pair.client->ended; }));
  CHECK(pair.client->input == "that was all");
  pair.client->send("thanks");
  CHECK(pair.run_until([&] { return pair.input == "thanks"; }));
}

TEST_CASE("peeks at deciphered bytes, which the next read gets") {
  Server server;
  TlsPair pair(server.options);
  pair.peeks = true;
  pair.client->send("abc");
  REQUIRE(pair.run_until([&] { return pair.peeked == "abc"; }));
  pair.loop.run_passes(10);
  CHECK(pair.peeked == "abc");  // was not told again
  pair.peeked.clear();
  pair.client->send("def");
  REQUIRE(pair.run_until([&] { return pair.peeked == "abcdef"; }));
  pair.peeks = false;
  SECTION("at once") {
    CHECK(pair.connection->read(pair.buffer.data(), 4).size == 4);
    CHECK(std::string(pair.buffer.data(), 4) == "abcd");
    pair.connection->want_readable(true);
    CHECK(pair.run_until([&] { return pair.input == "ef"; }));
  }
  SECTION("when it is wanted anew, with more behind it") {
    pair.client->send("ghi");
    pair.connection->want_readable(true);
    CHECK(pair.run_until([&] { return pair.input == "abcdefghi"; }));
  }
  SECTION("and then the end") {
    pair.client->send_end();
    pair.connection->want_readable(true);
    CHECK(pair.run_until([&] { return pair.ended; }));
    CHECK(pair.input == "abcdef");
  }
}

TEST_CASE("bytes that are no TLS fail the handshake") {
  Server server;
  TlsPair pair(server.options);
  const std::string request = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
  REQUIRE(::send(SSL_get_fd(pair.client->ssl), request.data(), request.size(), 0) ==
          static_cast<ssize_t>(request.size()));
  pair.client->forget();
  REQUIRE(pair.loop.run_until([&] { return pair.step != TlsSession::Step::waits; }));
  CHECK(pair.step == TlsSession::Step::failed);
}

TEST_CASE("a client that leaves within the handshake has ended") {
  Server server;
  TlsPair pair(server.options);
  pair.client->step();
  pair.client->close_socket();
  REQUIRE(pair.loop.run_until([&] { return pair.step != TlsSession::Step::waits; }));
  CHECK(pair.step == TlsSession::Step::ended);
}

TEST_CASE("knows who the client is") {
  Server server;
  server.options.client_auth = TlsClientAuth::require;
  server.options.client_ca = server.all.ca.certificate_file;
  TlsPair pair(server.options, {.sni = "server.example", .identity = &server.all.client});
  REQUIRE(pair.shakes_hands());
  const TlsFacts facts = pair.connection->tls()->facts();
  CHECK(facts.version == "TLSv1.3");
  CHECK(facts.cipher == "TLS_AES_256_GCM_SHA384");
  CHECK(facts.sni == "server.example");
  CHECK(facts.subject == "CN=client");
  CHECK(facts.spki_sha256.size() == 64);
  CHECK(facts.alternative_names ==
        std::vector<std::string>{"DNS:device-7.example", "URI:urn:device:7", "IP:10.0.0.7"});
}

// A client that asks for new keys without end, and reads no answer.
TEST_CASE("answers that a client does not take are bounded") {
  Server server;
  TlsPair pair(server.options, {}, 4 * 1024);
  REQUIRE(pair.shakes_hands());
  pair.client->reads = false;
  REQUIRE(pair.write(std::string(1'000'000, 'x')));
  REQUIRE(pair.connection->queued_bytes() > 0);
  const std::size_t queued = pair.connection->queued_bytes();
  CHECK(pair.run_until([&] {
    SSL_key_update(pair.client->ssl, SSL_KEY_UPDATE_REQUESTED);
    pair.client->send(".");
    return pair.read_error != 0;
  }));
  CHECK(pair.read_error == EPROTO);
  CHECK(pair.connection->queued_bytes() < queued + 80 * 1024);
}

// A client that sends nothing but new keys, faster than they are taken: each is answered, and none
// brings a byte to read.
TEST_CASE("messages without data do not keep a read for ever") {
  constexpr int kMessages = 60'000;
  Server server;
  TlsPair pair(server.options, {});
  REQUIRE(pair.shakes_hands());
  pair.client->reads = false;
  SSL_set0_wbio(pair.client->ssl, BIO_new(BIO_s_mem()));
  for (int i = 0; i < kMessages; ++i) {
    SSL_key_update(pair.client->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
    REQUIRE(SSL_do_handshake(pair.client->ssl) == 1);
  }
  char* made = nullptr;
  const auto size = BIO_get_mem_data(SSL_get_wbio(pair.client->ssl), &made);
  std::string_view flood(made, static_cast<std::size_t>(size));
  REQUIRE(flood.size() > 15 * (TlsSession::kRecord + 64 * 1024));
  CHECK(pair.loop.run_until([&] {
    const ssize_t sent =
        ::send(pair.client->fd(), flood.data(), flood.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) flood.remove_prefix(static_cast<std::size_t>(sent));
    return pair.read_error != 0;
  }));
  CHECK(pair.read_error == EPROTO);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Made without a Connection, so that nothing else is measured.
std::unique_ptr<TlsSession> talked_to(const std::shared_ptr<const TlsContext>& context, int version,
                                      std::array<int, 2> ends) {
  auto session = std::make_unique<TlsSession>(context, ends[0]);
  TlsClient client(ends[1], {.version = version});
  const auto send = [&] {
    std::string& output = TlsSession::output();
    REQUIRE(::send(ends[0], output.data(), output.size(), 0) ==
            static_cast<ssize_t>(output.size()));
    output.clear();
  };
  client.send("hello");
  std::array<char, 100> buffer;
  std::size_t got = 0;
  for (int i = 0; i < 10 && got == 0; ++i) {
    client.step();
    if (!session->ready()) (void)session->handshake();
    if (session->ready()) got = session->read(buffer.data(), buffer.size()).size;
    send();
  }
  REQUIRE(got == 5);
  REQUIRE(session->write("world"));
  send();
  client.step();
  REQUIRE(client.input == "world");
  return session;
}

// OpenSSL 3.0 alone takes 13.1 KiB for 1.2 and 13.9 KiB for 1.3, 7.4 KiB of these for its SSL.
TEST_CASE("an idle connection takes at most 14.5 KiB for its TLS") {
  Server server;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const auto context = *TlsContext::load(server.options);
  constexpr std::size_t kConnections = 50;
  std::vector<std::unique_ptr<TlsSession>> sessions;
  std::size_t before = 0;
  for (std::size_t i = 0; i <= kConnections; ++i) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    sessions.push_back(talked_to(context, version, ends));
    ::close(ends[0]);
    if (i == 0) before = ::mallinfo2().uordblks;  // what OpenSSL makes once is there
  }
  const std::size_t each = (::mallinfo2().uordblks - before) / kConnections;
  INFO(each << " bytes a connection");
  CHECK(each > 1024);
  CHECK(each <= 14 * 1024 + 512);
}
#endif

}  // namespace
}  // namespace waymark::net
