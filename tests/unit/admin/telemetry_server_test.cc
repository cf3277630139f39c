#include "admin/telemetry_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace waymark::admin {
namespace {

using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;

class FakeSource : public TelemetrySource {
 public:
  Readiness readiness() override {
    if (ready_) return {.ready = true, .reason = {}};
    return {.ready = false, .reason = "no upstream of pool default is ready"};
  }
  std::string metrics() override { return "waymark_up 1\n"; }

  void become_ready() { ready_ = true; }

 private:
  std::atomic<bool> ready_{false};
};

// A TCP client that never waits longer than five seconds.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  // Tells whether the server still took it.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // The next bytes; empty at the end of the connection.
  std::string receive() {
    pollfd readable{fd_, POLLIN, 0};
    REQUIRE(::poll(&readable, 1, 5000) == 1);
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
  }

  std::string receive_to_end() {
    std::string all;
    for (std::string piece = receive(); !piece.empty(); piece = receive()) all += piece;
    return all;
  }

  // One answer with the body its Content-Length tells.
  std::string receive_answer() {
    std::string all;
    while (!complete(all)) {
      const std::string piece = receive();
      if (piece.empty()) break;
      all += piece;
    }
    return all;
  }

 private:
  static bool complete(std::string_view answer) {
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t end = answer.find("\r\n\r\n");
    const std::size_t field = answer.find(kLength);
    if (end == std::string_view::npos || field == std::string_view::npos) return false;
    std::size_t length = 0;
    std::from_chars(answer.data() + field + kLength.size(), answer.data() + end, length);
    return answer.size() >= end + 4 + length;
  }

  const int fd_;
};

class Telemetry {
 public:
  explicit Telemetry(TelemetryOptions options = {.host = "127.0.0.1"}) {
    auto started = TelemetryServer::start(options, source);
    REQUIRE(started.ok());
    server = *std::move(started);
  }

  std::string ask(std::string_view request_line) {
    Client client(server->bound_port());
    client.send(std::string(request_line) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return client.receive_to_end();
  }

  FakeSource source;
  std::unique_ptr<TelemetryServer> server;
};

TEST_CASE("answers livez while the thread runs, ready or not") {
  Telemetry telemetry;
  const std::string answer = telemetry.ask("GET /livez");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(answer, EndsWith("\r\n\r\nlive\n"));
}

TEST_CASE("answers readyz with the reason until the source is ready") {
  Telemetry telemetry;
  const std::string before = telemetry.ask("GET /readyz");
  CHECK_THAT(before, StartsWith("HTTP/1.1 503 "));
  CHECK_THAT(before, EndsWith("\r\n\r\nno upstream of pool default is ready\n"));

  telemetry.source.become_ready();
  const std::string after = telemetry.ask("GET /readyz");
  CHECK_THAT(after, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(after, EndsWith("\r\n\r\nready\n"));
}

TEST_CASE("serves the metrics in the text format, with or without a query") {
  Telemetry telemetry;
  for (const auto* line : {"GET /metrics", "GET /metrics?name=x"}) {
    const std::string answer = telemetry.ask(line);
    CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    CHECK_THAT(answer, Contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    CHECK_THAT(answer, EndsWith("\r\n\r\nwaymark_up 1\n"));
  }
}

TEST_CASE("answers HEAD with the header of GET alone") {
  Telemetry telemetry;
  const std::string answer = telemetry.ask("HEAD /metrics");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(answer, Contains("Content-Length: 13\r\n"));
  CHECK_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_CASE("refuses other paths and methods in JSON") {
  Telemetry telemetry;
  for (const auto* line : {"GET /", "GET /metrics/", "GET /../livez", "POST /nowhere"}) {
    const std::string answer = telemetry.ask(line);
    CHECK_THAT(answer, StartsWith("HTTP/1.1 404 "));
    CHECK_THAT(answer, Contains("Content-Type: application/json\r\n"));
    CHECK_THAT(answer, Contains(R"({"code":"NOT_FOUND","message":")"));
  }
  const std::string answer = telemetry.ask("DELETE /livez");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 405 "));
  CHECK_THAT(answer, Contains("Allow: GET, HEAD\r\n"));
  CHECK_THAT(answer,
             EndsWith("{\"code\":\"METHOD_NOT_ALLOWED\",\"message\":\"only GET and HEAD\"}\n"));
}

TEST_CASE("reads over a body and keeps the connection for the next request") {
  Telemetry telemetry;
  Client client(telemetry.server->bound_port());
  client.send("POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /");
  CHECK_THAT(client.receive_answer(), StartsWith("HTTP/1.1 405 "));
  client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_THAT(client.receive_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("ends a connection whose body passes the limit") {
  Telemetry telemetry;
  Client client(telemetry.server->bound_port());
  client.send("POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n");
  const std::string piece(64 * 1024, 'x');
  std::size_t taken = 0;
  while (client.send(piece)) {
    ++taken;
    REQUIRE(taken < 1024);
  }
  CHECK_THAT(telemetry.ask("GET /livez"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("ends a connection that asks nothing") {
  Telemetry telemetry({.host = "127.0.0.1", .idle_timeout = std::chrono::seconds(1)});
  Client client(telemetry.server->bound_port());
  CHECK(client.receive_to_end().empty());
}

TEST_CASE("lets connections over the limit wait their turn") {
  Telemetry telemetry({.host = "127.0.0.1", .max_connections = 2});
  std::optional<Client> first(telemetry.server->bound_port());
  Client second(telemetry.server->bound_port());
  for (Client* client : {&*first, &second}) {
    client->send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_THAT(client->receive_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  Client third(telemetry.server->bound_port());
  third.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  first.reset();
  CHECK_THAT(third.receive_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("serves an IPv6 address") {
  FakeSource source;
  auto server = TelemetryServer::start({.host = "::1"}, source);
  if (!server.ok()) {
    WARN("no IPv6 loopback here: " << message_of(server.status()));
    return;
  }
  CHECK((*server)->bound_port() != 0);
}

TEST_CASE("names the address that is taken, and the one that is none") {
  Telemetry telemetry;
  const std::uint16_t port = telemetry.server->bound_port();
  FakeSource source;
  const auto taken = TelemetryServer::start({.host = "127.0.0.1", .port = port}, source);
  REQUIRE_FALSE(taken.ok());
  CHECK(message_of(taken.status()) ==
        "telemetry bind 127.0.0.1:" + std::to_string(port) + ": Address already in use");

  const auto nowhere = TelemetryServer::start({.host = "localhost"}, source);
  REQUIRE_FALSE(nowhere.ok());
  CHECK(nowhere.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(message_of(nowhere.status()) ==
        "telemetry address \"localhost\" is not a numeric IPv4 or IPv6 address");
}

TEST_CASE("frees its port when it is destroyed, connections included") {
  Telemetry telemetry;
  const std::uint16_t port = telemetry.server->bound_port();
  Client client(port);
  client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_THAT(client.receive_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));

  telemetry.server.reset();
  CHECK(client.receive().empty());
  const auto again = TelemetryServer::start({.host = "127.0.0.1", .port = port}, telemetry.source);
  CHECK(again.ok());
}

TEST_CASE("answers are counted, and what is no call under one name") {
  RequestCounts counts;
  Telemetry telemetry({.host = "127.0.0.1", .counts = &counts});
  telemetry.ask("GET /livez");
  telemetry.ask("HEAD /livez");
  telemetry.ask("POST /livez");
  telemetry.ask("GET /secret-of-a-stranger");
  CHECK(counts.all().answered == std::map<RequestKind, std::uint64_t>{
                                     {{"telemetry", "GET", "/livez", 200}, 2},
                                     {{"telemetry", "other", "other", 404}, 1},
                                     {{"telemetry", "other", "other", 405}, 1},
                                 });
}

}  // namespace
}  // namespace waymark::admin
