// A raw HTTP client for the tests: bytes over a socket, never waiting longer than ten seconds.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace waymark::admin {

struct HttpAnswer {
  int status = 0;
  std::string header;  // with the status line
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  HttpClient(HttpClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  HttpClient& operator=(HttpClient&&) = delete;
  ~HttpClient() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int fd() const { return fd_; }

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
    REQUIRE(::poll(&readable, 1, 10'000) == 1);
    std::array<char, 16384> buffer;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
  }

  // Reads until `text` has come; answers everything so far.
  std::string receive_until(std::string_view text) {
    while (received_.find(text) == std::string::npos) {
      const std::string piece = receive();
      REQUIRE_FALSE(piece.empty());
      received_ += piece;
    }
    return received_;
  }

  // One answer with the body its Content-Length tells. `head`: without a body.
  HttpAnswer receive_answer(bool head = false) {
    HttpAnswer answer;
    receive_until("\r\n\r\n");
    const std::size_t end = received_.find("\r\n\r\n") + 4;
    answer.header = received_.substr(0, end);
    answer.status = number_at(answer.header.find(' ') + 1, answer.header);
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t field = answer.header.find(kLength);
    const auto length =
        field == std::string::npos || head
            ? std::size_t{0}
            : static_cast<std::size_t>(number_at(field + kLength.size(), answer.header));
    while (received_.size() < end + length) {
      const std::string piece = receive();
      if (piece.empty()) break;
      received_ += piece;
    }
    answer.body = received_.substr(end, length);
    received_.erase(0, end + length);
    return answer;
  }

  HttpAnswer ask(std::string_view request) {
    send(request);
    return receive_answer();
  }

 private:
  static int number_at(std::size_t at, const std::string& text) {
    int number = 0;
    std::from_chars(text.data() + at, text.data() + text.size(), number);
    return number;
  }

  int fd_;
  std::string received_;
};

}  // namespace waymark::admin
