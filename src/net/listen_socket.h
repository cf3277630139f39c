// A socket that listens, without anyone who accepts from it yet.
#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/socket_options.h"

namespace waymark::net {

class ListenSocket {
 public:
  // FailedPrecondition if the address is in use, naming it.
  [[nodiscard]] static absl::StatusOr<ListenSocket> open(const Address& address, int backlog,
                                                         const SocketOptions& options);
  ListenSocket(ListenSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ListenSocket& operator=(ListenSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  // Clients in the backlog are refused by the kernel, unless there is a share of it.
  ~ListenSocket();

  // The same socket once more; it lives as long as one of both.
  [[nodiscard]] absl::StatusOr<ListenSocket> share() const;
  [[nodiscard]] Address address() const { return Address::local_of(fd_); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  explicit ListenSocket(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace waymark::net
