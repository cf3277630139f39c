#include "ctl/http_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "base/status.h"
#include "ctl/api.h"

namespace waymark::ctl {
namespace {

using Catch::Contains;
using namespace std::chrono_literals;

constexpr auto kPatience = 10s;

// The server's end of one connection; nothing waits longer than kPatience.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { ::close(fd_); }

  // The head and the body of the next request; empty if the client has left.
  std::string read_request() {
    std::string request;
    while (true) {
      const auto head = request.find("\r\n\r\n");
      if (head != request.npos) {
        const auto length = request.find("Content-Length: ");
        const auto body = length < head ? std::stoul(request.substr(length + 16)) : 0;
        if (request.size() >= head + 4 + body) return request;
      }
      pollfd readable{fd_, POLLIN, 0};
      std::array<char, 4096> buffer;
      if (::poll(&readable, 1, 10'000) != 1) return {};
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got <= 0) return {};
      request.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  // Tells whether the client still took it.
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void answer(std::string_view status, std::string_view body) {
    write(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body));
  }

 private:
  const int fd_;
};

// Takes one connection and gives it to the script, on a thread of its own.
class Server {
 public:
  explicit Server(std::function<void(Peer&)> script) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
    thread_ = std::thread([this, script = std::move(script)] {
      pollfd readable{fd_, POLLIN, 0};
      if (::poll(&readable, 1, 10'000) != 1) return;
      Peer peer(::accept(fd_, nullptr, nullptr));
      script(peer);
    });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    thread_.join();
    ::close(fd_);
  }

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  const int fd_;
  std::string url_;
  std::thread thread_;
};

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

TEST_CASE("sends method, headers and body, and keeps the connection") {
  std::array<std::string, 2> requests;
  HttpClient client(kPatience);
  {
    const Server server([&requests](Peer& peer) {
      for (std::string& request : requests) {
        request = peer.read_request();
        peer.answer("201 Created", "yes");
      }
    });
    for (const char* method : {"PATCH", "GET"}) {
      const auto answer = client.send({method, server.url() + "/x?y=1", {"A: b"}, "{}"});
      REQUIRE(answer.ok());
      CHECK(answer->status == 201);
      CHECK(answer->body == "yes");
    }
  }
  CHECK_THAT(requests[0], Catch::StartsWith("PATCH /x?y=1 HTTP/1.1\r\n") && Contains("A: b\r\n") &&
                              Catch::EndsWith("\r\n\r\n{}"));
  CHECK_THAT(requests[1], Catch::StartsWith("GET /x?y=1 HTTP/1.1\r\n") &&
                              Catch::EndsWith("\r\n\r\n") && !Contains("Content-Length"));
}

TEST_CASE("follows no redirect") {
  const Server server([](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  HttpClient client(kPatience);
  const auto answer = client.send({.url = server.url()});
  REQUIRE(answer.ok());
  CHECK(answer->status == 302);
}

TEST_CASE("nobody listens: unavailable, with the reason") {
  // A port that is bound, so that nobody else takes it, but does not listen.
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  HttpClient client(kPatience);
  const auto url = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
  const auto answer = client.send({.url = url});
  CHECK(absl::IsUnavailable(answer.status()));
  CHECK(message_of(answer.status()) == "Connection refused");
  ::close(fd);
}

TEST_CASE("an answer that does not come in time, or breaks off, is the way's fault") {
  SECTION("nothing comes") {
    const Server server([](Peer& peer) {
      peer.read_request();
      peer.read_request();  // until the client leaves
    });
    HttpClient client(100ms);
    CHECK(absl::IsDeadlineExceeded(client.send({.url = server.url()}).status()));
  }
  SECTION("the head of a stream does not come") {
    const Server server([](Peer& peer) {
      peer.read_request();
      peer.read_request();
    });
    HttpClient client(100ms);
    const auto end = client.stream({.url = server.url()}, {}, [](auto) { return true; });
    CHECK(absl::IsDeadlineExceeded(end.status()));
  }
  SECTION("it breaks off") {
    const Server server([](Peer& peer) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    });
    HttpClient client(kPatience);
    CHECK(absl::IsUnavailable(client.send({.url = server.url()}).status()));
  }
  SECTION("it is not HTTP") {
    const Server server([](Peer& peer) {
      peer.read_request();
      peer.write("SSH-2.0-OpenSSH\r\n");
    });
    HttpClient client(kPatience);
    CHECK(absl::IsUnavailable(client.send({.url = server.url()}).status()));
  }
}

TEST_CASE("an answer has a largest size") {
  const Server server([](Peer& peer) {
    peer.read_request();
    peer.write(kStreamHead);
    const std::string piece = chunk(std::string(1024 * 1024, ' '));
    while (peer.write(piece)) {
    }
  });
  HttpClient client(60s);
  CHECK(absl::IsResourceExhausted(client.send({.url = server.url()}).status()));
}

TEST_CASE("a stream gives bytes as they come, until the server ends it") {
  const Server server([](Peer& peer) {
    peer.read_request();
    peer.write(std::string(kStreamHead) + chunk("one "));
    peer.write(chunk("two") + "0\r\n\r\n");
  });
  HttpClient client(kPatience);
  std::string got;
  const auto end = client.stream({.url = server.url()}, {}, [&](std::string_view bytes) {
    got += bytes;
    return true;
  });
  REQUIRE(end.ok());
  CHECK(end->end == HttpClient::End::server);
  CHECK(got == "one two");
}

TEST_CASE("a stream that breaks off is a fault") {
  const Server server([](Peer& peer) {
    peer.read_request();
    peer.write(std::string(kStreamHead) + chunk("one"));
  });
  HttpClient client(kPatience);
  const auto end = client.stream({.url = server.url()}, {}, [](auto) { return true; });
  CHECK(absl::IsUnavailable(end.status()));
}

TEST_CASE("what is not a 200 is no stream") {
  const Server server([](Peer& peer) {
    peer.read_request();
    peer.answer("404 Not Found", "no such mark");
  });
  HttpClient client(kPatience);
  bool called = false;
  const auto end =
      client.stream({.url = server.url()}, {}, [&](std::string_view) { return called = true; });
  REQUIRE(end.ok());
  CHECK(end->end == HttpClient::End::refused);
  CHECK(end->answer.status == 404);
  CHECK(end->answer.body == "no such mark");
  CHECK(!called);
}

TEST_CASE("a stream ends when its taker, a limit or another descriptor says so") {
  const Server server([](Peer& peer) {
    peer.read_request();
    peer.write(std::string(kStreamHead) + chunk("one"));
    peer.read_request();  // until the client leaves
  });
  auto client = std::make_unique<HttpClient>(kPatience);
  const int wake = ::eventfd(0, EFD_CLOEXEC);
  StreamLimits limits;
  HttpClient::End expected = HttpClient::End::taker;
  bool more = true;
  SECTION("taker") { more = false; }
  SECTION("silence") {
    limits.silence = 50ms;
    expected = HttpClient::End::silence;
  }
  SECTION("total") {
    limits.total = 50ms;
    expected = HttpClient::End::total;
  }
  SECTION("descriptor") {
    limits.wake_fd = wake;
    expected = HttpClient::End::interrupted;
  }
  const auto end = client->stream({.url = server.url()}, limits, [&](std::string_view) {
    if (limits.wake_fd >= 0) ::eventfd_write(wake, 1);
    return more;
  });
  REQUIRE(end.ok());
  CHECK(end->end == expected);
  client.reset();
  ::close(wake);
}

// --- what the API makes of it ---

absl::Status refusal(std::string_view status, std::string_view body, Token token = {}) {
  const Server server([=](Peer& peer) {
    peer.read_request();
    peer.answer(status, body);
  });
  Api api(server.url(), std::move(token), kPatience);
  return api.get("/v1/info").status();
}

TEST_CASE("a detail that says what the message says is not printed twice") {
  const auto bad = refusal("400 Bad Request", R"({"code":"x","message":"a.b: 1 to 5",)"
                                              R"("details":[{"field":"a.b","problem":"1 to 5"}]})");
  CHECK(message_of(bad) == "a.b: 1 to 5");
}

TEST_CASE("refusals keep apart what a script wants to know, and print all details") {
  const std::string body =
      R"({"code":"x","message":"it is \u001b so","details":[{"field":"a.b","problem":"1 to 5"}]})";
  const auto bad = refusal("400 Bad Request", body);
  CHECK(absl::IsAborted(bad));
  CHECK(message_of(bad) == "it is \\x1b so\n  a.b: 1 to 5");
  CHECK(absl::IsAborted(refusal("409 Conflict", body)));
  CHECK(absl::IsAborted(refusal("503 Unavailable", body)));
  CHECK(absl::IsNotFound(refusal("404 Not Found", body)));
}

TEST_CASE("401 and 403 say which token was sent") {
  const auto with = refusal("401 Unauthorized", R"({"message":"no"})", {"t", "/run/token"});
  CHECK(absl::IsUnauthenticated(with));
  CHECK_THAT(std::string(message_of(with)), Contains("the token of /run/token was sent"));
  const auto without = refusal("403 Forbidden", "");
  CHECK(absl::IsPermissionDenied(without));
  CHECK_THAT(std::string(message_of(without)), Contains("no token was sent"));
}

TEST_CASE("an answer of something else is told apart") {
  const auto page = refusal("200 OK", "<html>");
  CHECK(absl::IsInternal(page));
  CHECK_THAT(std::string(message_of(page)), Contains("\"<html>\"") && Contains("--admin"));
  CHECK(absl::IsInternal(refusal("404 Not Found", "404 page not found")));
  CHECK(absl::IsInternal(refusal("200 OK", "[1]")));
  CHECK(absl::IsInternal(refusal("302 Found", "")));
}

}  // namespace
}  // namespace waymark::ctl
