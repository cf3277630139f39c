// A client's socket as the model plays it: what the client has sent lies in `input`, what the
// kernel took for it in `output`.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/poller.h"
#include "net/tls_session.h"

namespace waymark::net {

class Connection;

class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  virtual void readable(Connection& connection) = 0;
  virtual void drained(Connection& connection) = 0;
  virtual void broken(Connection& connection, int error_number) = 0;
  virtual void released(Connection& connection) = 0;
};

class Connection {
 public:
  Connection(Poller& poller, int fd, ConnectionEvents& owner)
      : poller_(poller), owner_(owner), fd_(fd) {
    poller_.connections[fd] = this;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { poller_.connections.erase(fd_); }

  struct ReadResult {
    enum class Kind : std::uint8_t { bytes, end, nothing_yet, failed };
    Kind kind = Kind::nothing_yet;
    std::size_t size = 0;
    int error_number = 0;
  };
  [[nodiscard]] ReadResult read(char* buffer, std::size_t size) {
    if (reset_by_client) return {ReadResult::Kind::failed, 0, ECONNRESET};
    if (!input.empty()) {
      const std::size_t taken = input.copy(buffer, size);
      input.erase(0, taken);
      return {ReadResult::Kind::bytes, taken, 0};
    }
    return {client_ended ? ReadResult::Kind::end : ReadResult::Kind::nothing_yet, 0, 0};
  }

  [[nodiscard]] ReadResult peek(char* buffer, std::size_t size) const {
    if (reset_by_client) return {ReadResult::Kind::failed, 0, ECONNRESET};
    if (!input.empty()) return {ReadResult::Kind::bytes, input.copy(buffer, size), 0};
    return {client_ended ? ReadResult::Kind::end : ReadResult::Kind::nothing_yet, 0, 0};
  }
  [[nodiscard]] const TlsSession* tls() const { return nullptr; }
  void start_tls(std::unique_ptr<TlsSession> /*session*/) {}
  [[nodiscard]] bool input_complete() const { return client_ended; }

  void want_readable(bool wanted) { want_readable_ = wanted; }
  [[nodiscard]] bool wants_readable() const { return want_readable_; }

  [[nodiscard]] bool write(std::span<const std::string_view> parts) {
    if (reset_by_client) return false;
    for (const std::string_view part : parts) queue_.append(part);
    take();
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const { return queue_.size(); }
  [[nodiscard]] int last_error() const { return ECONNRESET; }

  void shutdown_when_drained() { fin_wanted_ = true; }
  void close_gently(std::uint64_t /*linger_ms*/, std::uint64_t /*flush_ms*/) {
    kernel_room = queue_.size() + kernel_room;
    take();
    closed_ = true;
  }
  void close_now() { closed_ = true; }
  void reset() { closed_ = true; }
  [[nodiscard]] bool closing() const { return closed_; }
  void check_deadline(std::uint64_t /*now_ms*/) {}
  [[nodiscard]] bool peer_gone() const { return reset_by_client; }
  [[nodiscard]] std::uint32_t discarded_bytes() const { return 0; }

  // --- what the model does ---

  std::string input;
  std::string output;  // for the model to take
  bool client_ended = false;
  bool reset_by_client = false;
  std::size_t kernel_room = 1 << 20;

  // There is something to be told.
  [[nodiscard]] bool is_readable() const {
    return !closed_ && want_readable_ && (!input.empty() || client_ended || reset_by_client);
  }
  // The client reads `bytes`: the kernel has room again.
  void make_room(std::size_t bytes) {
    const bool queued = !queue_.empty();
    kernel_room += bytes;
    take();
    if (queued && queue_.empty() && !closed_) owner_.drained(*this);
  }
  [[nodiscard]] bool fin_sent() const { return (fin_wanted_ && queue_.empty()) || closed_; }

 private:
  void take() {
    const std::size_t taken = std::min(queue_.size(), kernel_room);
    output.append(queue_, 0, taken);
    queue_.erase(0, taken);
    kernel_room -= taken;
  }

  Poller& poller_;
  ConnectionEvents& owner_;
  const int fd_;
  std::string queue_;
  bool want_readable_ = false;
  bool fin_wanted_ = false;
  bool closed_ = false;
};

}  // namespace waymark::net
