#include "lab/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>

#include "base/status.h"

namespace waymark::lab {
namespace {

// Below those that Linux gives to clients (net.ipv4.ip_local_port_range, from 32768 on): a process
// that comes back from the dead must find its port free.
constexpr std::uint16_t kFirstFree = 20'000;
constexpr std::uint16_t kLastFree = 32'000;
constexpr int kTries = 1'000;

// 0 stands for one of the kernel's choice.
absl::StatusOr<std::uint16_t> bind_to(int fd, std::uint16_t port) {
  const int on = 1;  // connections that have ended do not count
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    return errno_error(errno, "bind");
  }
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

PortFinder::~PortFinder() {
  for (const int fd : held_) ::close(fd);
}

absl::StatusOr<std::vector<std::uint16_t>> PortFinder::find(std::uint16_t base, std::size_t count,
                                                            std::string_view setting) {
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(base == 0 ? 0 : base + i);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno_error(errno, "socket");
    held_.push_back(fd);
    const auto bound = bind(fd, port);
    if (!bound.ok()) {
      return error(absl::StatusCode::kFailedPrecondition,
                   "port {} is not free ({}); stop who has it (ss -ltnp 'sport = :{}'), or choose "
                   "another base: {} in lab.yaml, 0 for any that are free",
                   port, message_of(bound.status()), port, setting);
    }
    ports.push_back(*bound);
    found_.push_back({*bound, std::string(setting)});
  }
  return ports;
}

absl::StatusOr<std::uint16_t> PortFinder::bind(int fd, std::uint16_t port) const {
  // SO_REUSEADDR lets two that do not listen have the same.
  const auto earlier = [this](std::uint16_t candidate) {
    return std::find_if(found_.begin(), found_.end(),
                        [&](const Found& found) { return found.port == candidate; });
  };
  if (port != 0) {
    const auto taken = earlier(port);
    if (taken == found_.end()) return bind_to(fd, port);
    return error(absl::StatusCode::kFailedPrecondition, "it is one of {}", taken->setting);
  }
  std::random_device dice;
  for (int i = 0; i < kTries; ++i) {
    const auto any = static_cast<std::uint16_t>(kFirstFree + dice() % (kLastFree - kFirstFree));
    if (earlier(any) != found_.end()) continue;
    if (const auto bound = bind_to(fd, any); bound.ok()) return bound;
  }
  return bind_to(fd, 0);
}

}  // namespace waymark::lab
