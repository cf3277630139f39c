#include "admin/http_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"

namespace waymark::admin {
namespace {

constexpr int kBacklog = 128;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] std::uint16_t port() const {
    return ntohs(storage.ss_family == AF_INET6
                     ? reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port
                     : reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
  }
};

absl::StatusOr<Address> parse_address(std::string_view who, const std::string& host,
                                      std::uint16_t port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof(*v4);
  } else if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof(*v6);
  } else {
    return error(absl::StatusCode::kInvalidArgument,
                 "{} address \"{}\" is not a numeric IPv4 or IPv6 address", who, host);
  }
  return address;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

absl::StatusOr<HttpListener> open_http_listener(std::string_view who, const std::string& host,
                                                std::uint16_t port) {
  absl::StatusOr<Address> address = parse_address(who, host, port);
  if (!address.ok()) return address.status();
  const std::string name = host_and_port(host, port);

  Descriptor fd(
      ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return errno_error(errno, fmt::format("{} socket for {}", who, name));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd.get(), address->get(), address->size) != 0) {
    return errno_error(errno, fmt::format("{} bind {}", who, name));
  }
  if (::listen(fd.get(), kBacklog) != 0) {
    return errno_error(errno, fmt::format("{} listen {}", who, name));
  }
  if (::getsockname(fd.get(), address->get(), &address->size) != 0) {
    return errno_error(errno, fmt::format("{} getsockname {}", who, name));
  }
  return HttpListener{std::move(fd), address->port()};
}

}  // namespace waymark::admin
