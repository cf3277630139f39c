// The other end of a connection: a plain socket that a test writes to and reads from.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "net/address.h"

namespace waymark::net {

class Peer {
 public:
  // How the stream that the peer reads stands.
  enum class Stream { open, ended, reset };

  Peer() = default;
  explicit Peer(int fd) : fd_(fd) {}
  Peer(Peer&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        input_(std::move(other.input_)),
        stream_(other.stream_) {}
  Peer& operator=(Peer&&) = delete;
  ~Peer() { close(); }

  // A small `receive_buffer` lets a test fill the path to the peer.
  [[nodiscard]] static Peer connect(const Address& address, int receive_buffer = 0) {
    Peer peer(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer != 0) {
      (void)setsockopt(peer.fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    if (::connect(peer.fd_, address.get(), address.size()) != 0) {
      throw std::runtime_error("cannot connect to " + address.to_string());
    }
    return peer;
  }

  // False: refused.
  [[nodiscard]] static bool can_connect(const Address& address) {
    const Peer probe(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(probe.fd_, address.get(), address.size()) == 0;
  }

  [[nodiscard]] Address address() const { return Address::local_of(fd_); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) throw std::runtime_error("the peer cannot send");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // One byte of urgent data.
  void send_urgent(char byte) {
    if (::send(fd_, &byte, 1, MSG_OOB | MSG_NOSIGNAL) != 1) {
      throw std::runtime_error("the peer cannot send urgent data");
    }
  }
  void send_end() { (void)::shutdown(fd_, SHUT_WR); }

  // Takes what has arrived so far, without waiting.
  Stream receive() {
    std::array<char, 16 * 1024> buffer;
    while (stream_ == Stream::open) {
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) {
        input_.append(buffer.data(), static_cast<std::size_t>(got));
      } else if (got == 0) {
        stream_ = Stream::ended;
      } else if (errno == EAGAIN) {
        break;
      } else {
        stream_ = Stream::reset;
      }
    }
    return stream_;
  }
  [[nodiscard]] const std::string& input() const { return input_; }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  // Ends with RST.
  void reset() {
    const linger hard{1, 0};
    (void)setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }

 private:
  int fd_ = -1;
  std::string input_;
  Stream stream_ = Stream::open;
};

}  // namespace waymark::net
