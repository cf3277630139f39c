// A connection of the proxy with its peer over the loopback, and an owner that writes down what it
// hears.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include "net/connection.h"
#include "net/socket_options.h"
#include "peer.h"
#include "test_loop.h"

namespace waymark::net {

class RecordingOwner final : public ConnectionEvents {
 public:
  void readable(Connection& connection) override {
    ++times_readable;
    std::array<char, 4096> buffer;
    const Connection::ReadResult got = connection.read(buffer.data(), buffer.size());
    input.append(buffer.data(), got.size);
    ended = got.kind == Connection::ReadResult::Kind::end;
    if (got.kind == Connection::ReadResult::Kind::failed) read_error = got.error_number;
    if (ended || read_error != 0) connection.want_readable(false);
  }
  void drained(Connection&) override { ++times_drained; }
  void broken(Connection& connection, int error_number) override {
    write_error = error_number;
    connection.close_now();
  }
  void released(Connection&) override { ++times_released; }

  std::string input;
  bool ended = false;
  int read_error = 0;
  int write_error = 0;
  int times_readable = 0;
  int times_drained = 0;
  int times_released = 0;
};

class Connected {
 public:
  static constexpr int kSmallBuffer = 8 * 1024;

  Connected() : Connected(0, {}) {}
  // With little room in the kernel on the way to the peer.
  [[nodiscard]] static Connected narrow() {
    return Connected(kSmallBuffer, {.send_buffer = kSmallBuffer});
  }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;
  ~Connected() {
    connection->close_now();
    loop.run_passes(2);
    poller.close();
  }

  // Waits until the owner has heard that the descriptor is closed.
  [[nodiscard]] bool is_released() {
    return loop.run_until([this] { return owner.times_released > 0; });
  }
  // Waits for the end of what the peer reads.
  [[nodiscard]] Peer::Stream end_at_peer() {
    (void)loop.run_until([this] { return peer->receive() != Peer::Stream::open; });
    return peer->receive();
  }
  // Waits until the peer has sent what the proxy has not read.
  [[nodiscard]] bool has_unread_input(std::size_t size) {
    return loop.run_until([&] {
      std::string seen(size, ' ');
      return ::recv(fd, seen.data(), size, MSG_PEEK | MSG_DONTWAIT) == static_cast<ssize_t>(size);
    });
  }
  [[nodiscard]] bool write(std::string_view bytes) { return connection->write({&bytes, 1}); }

  TestLoop loop;
  Poller poller{loop.get()};
  RecordingOwner owner;
  std::unique_ptr<Peer> peer;
  std::unique_ptr<Connection> connection;
  int fd = -1;  // the connection's

 private:
  Connected(int peer_buffer, const SocketOptions& options) {
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Address address = *Address::from_numeric("127.0.0.1", 0);
    if (::bind(listening, address.get(), address.size()) != 0 || ::listen(listening, 1) != 0) {
      throw std::runtime_error("cannot listen");
    }
    peer = std::make_unique<Peer>(Peer::connect(Address::local_of(listening), peer_buffer));
    fd = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ::close(listening);
    connection = std::make_unique<Connection>(poller, fd, owner);
    set_options(fd, options);
  }
};

}  // namespace waymark::net
