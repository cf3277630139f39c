// Listening sockets of the HTTP servers. Bound here and not by libmicrohttpd, which does not say
// why a bind failed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace waymark::admin {

// Owns a descriptor until it is released to somebody else.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct HttpListener {
  Descriptor fd;
  std::uint16_t port;  // as bound
};

// "host:port", an IPv6 host in brackets.
[[nodiscard]] std::string host_and_port(std::string_view host, std::uint16_t port);

// `who` begins each error: "telemetry". `host` is a numeric address, IPv6 without brackets, else
// InvalidArgument; `port` 0 is one the system chooses.
[[nodiscard]] absl::StatusOr<HttpListener> open_http_listener(std::string_view who,
                                                              const std::string& host,
                                                              std::uint16_t port);

}  // namespace waymark::admin
