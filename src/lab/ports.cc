#include "lab/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"

namespace waymark::lab {

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
    const int on = 1;  // connections that have ended do not count
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
      return error(absl::StatusCode::kFailedPrecondition,
                   "port {} is not free ({}); stop who has it (ss -ltnp 'sport = :{}'), or choose "
                   "another base: {} in lab.yaml, 0 for any that are free",
                   port, message_of(errno_error(errno, "bind")), port, setting);
    }
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ports.push_back(ntohs(address.sin_port));
  }
  return ports;
}

}  // namespace waymark::lab
