// A connection of the proxy over TLS, with a client of OpenSSL at its other end.
#pragma once

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "certificates.h"
#include "net/connection.h"
#include "net/listen_socket.h"
#include "test_loop.h"

namespace waymark::net {

struct TlsClientOptions {
  int version = TLS1_3_VERSION;
  std::string sni;
  const Identity* identity = nullptr;
};

// Never waits: to be called again and again while the loop runs.
class TlsClient {
 public:
  TlsClient(int fd, const TlsClientOptions& options)
      : context_(SSL_CTX_new(TLS_client_method())), fd_(fd) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to a connection that the proxy has ended
    SSL_CTX_set_min_proto_version(context_, options.version);
    SSL_CTX_set_max_proto_version(context_, options.version);
    if (options.identity != nullptr) {
      SSL_CTX_use_certificate_chain_file(context_, options.identity->certificate_file.c_str());
      SSL_CTX_use_PrivateKey_file(context_, options.identity->key_file.c_str(), SSL_FILETYPE_PEM);
    }
    ssl = SSL_new(context_);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_fd(ssl, fd_);
    if (!options.sni.empty()) SSL_set_tlsext_host_name(ssl, options.sni.c_str());
    SSL_set_connect_state(ssl);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient() {
    forget();
    SSL_CTX_free(context_);
    if (fd_ >= 0) ::close(fd_);
  }

  void send(std::string_view bytes) { unsent_ += bytes; }
  void send_end() { end_wanted_ = true; }
  // Ends the TCP connection without a close_notify.
  void close_socket() { ::close(std::exchange(fd_, -1)); }
  void forget() { SSL_free(std::exchange(ssl, nullptr)); }

  [[nodiscard]] int fd() const { return fd_; }

  // As far as it goes now.
  void step() {
    ERR_clear_error();
    if (!connected) connected = SSL_do_handshake(ssl) == 1;
    if (!connected) return;
    while (!unsent_.empty()) {
      const int sent = SSL_write(ssl, unsent_.data(), static_cast<int>(unsent_.size()));
      if (sent <= 0) break;
      unsent_.erase(0, static_cast<std::size_t>(sent));
    }
    if (unsent_.empty() && std::exchange(end_wanted_, false)) (void)SSL_shutdown(ssl);
    if (!reads) return;
    std::array<char, 16 * 1024> buffer;
    for (;;) {
      const int got = SSL_read(ssl, buffer.data(), buffer.size());
      if (got > 0) {
        input.append(buffer.data(), static_cast<std::size_t>(got));
        continue;
      }
      const int reason = SSL_get_error(ssl, got);
      ended = ended || reason == SSL_ERROR_ZERO_RETURN;
      failed = failed || reason == SSL_ERROR_SSL || reason == SSL_ERROR_SYSCALL;
      return;
    }
  }

  SSL* ssl = nullptr;
  bool connected = false;
  bool reads = true;
  bool ended = false;   // by a close_notify
  bool failed = false;  // by an alert, an end of TCP or its reset
  std::string input;

 private:
  SSL_CTX* context_;
  int fd_;
  bool end_wanted_ = false;
  std::string unsent_;
};

class TlsPair : public ConnectionEvents {
 public:
  explicit TlsPair(const TlsServerOptions& options, const TlsClientOptions& client_options = {},
                   int kernel_buffer = 0) {
    auto context = TlsContext::load(options);
    if (!context.ok()) throw std::runtime_error(context.status().ToString());
    std::array<int, 2> ends{};
    const Address any = *Address::from_numeric("127.0.0.1", 0);
    auto listening = *ListenSocket::open(any, 1, {});
    const int client_end = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (const int option : {SO_RCVBUF, SO_SNDBUF}) {
      if (kernel_buffer == 0) break;
      (void)setsockopt(client_end, SOL_SOCKET, option, &kernel_buffer, sizeof kernel_buffer);
    }
    const Address address = listening.address();
    if (::connect(client_end, address.get(), address.size()) != 0) {
      throw std::runtime_error("connect");
    }
    ends = {::accept4(listening.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC), client_end};
    if (kernel_buffer > 0) {
      (void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &kernel_buffer, sizeof kernel_buffer);
    }
    (void)fcntl(client_end, F_SETFL, O_NONBLOCK);
    fd = ends[0];
    client = std::make_unique<TlsClient>(client_end, client_options);
    connection = std::make_unique<Connection>(poller, ends[0], *this);
    connection->start_tls(*context);
    connection->want_readable(true);
  }
  TlsPair(const TlsPair&) = delete;
  TlsPair& operator=(const TlsPair&) = delete;
  ~TlsPair() override {
    connection->close_now();
    loop.run_passes(2);
    poller.close();
  }

  // Runs both ends until `done`.
  [[nodiscard]] bool run_until(const std::function<bool()>& done) {
    return loop.run_until([&] {
      if (client && client->ssl != nullptr) client->step();
      return done();
    });
  }
  [[nodiscard]] bool shakes_hands() {
    return run_until([&] { return step == TlsSession::Step::done && client->connected; });
  }
  // Waits until the client has sent what the connection has not read.
  [[nodiscard]] bool has_unread_input() {
    const bool has = run_until([this] {
      char byte = 0;
      return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    });
    loop.run_passes(10);  // for the edge
    return has;
  }
  [[nodiscard]] bool write(std::string_view bytes) { return connection->write({&bytes, 1}); }

  void readable(Connection&) override {
    if (step == TlsSession::Step::waits) {
      step = connection->shake_hands();
      if (step != TlsSession::Step::waits && step != TlsSession::Step::done) {
        connection->close_gently(1'000, 1'000);
      }
      return;
    }
    const ReadResult got = peeks ? connection->peek(buffer.data(), read_size)
                                 : connection->read(buffer.data(), read_size);
    (peeks ? peeked : input)
        .append(buffer.data(), got.kind == ReadResult::Kind::bytes ? got.size : 0);
    ended = ended || got.kind == ReadResult::Kind::end;
    if (got.kind == ReadResult::Kind::failed) read_error = got.error_number;
    if (ended || read_error != 0) connection->want_readable(false);
  }
  void drained(Connection&) override { ++times_drained; }
  void broken(Connection&, int error_number) override {
    write_error = error_number;
    connection->close_now();
  }
  void released(Connection&) override { is_released = true; }

  TestLoop loop;
  Poller poller{loop.get()};
  std::unique_ptr<TlsClient> client;
  std::unique_ptr<Connection> connection;
  int fd = -1;  // the connection's
  TlsSession::Step step = TlsSession::Step::waits;
  std::array<char, 64 * 1024> buffer;
  std::size_t read_size = 4096;
  std::string input;
  std::string peeked;
  bool peeks = false;
  bool ended = false;
  bool is_released = false;
  int read_error = 0;
  int write_error = 0;
  int times_drained = 0;
};

}  // namespace waymark::net
