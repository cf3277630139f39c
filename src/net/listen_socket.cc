#include "net/listen_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"

namespace waymark::net {

absl::StatusOr<ListenSocket> ListenSocket::open(const Address& address, int backlog,
                                                const SocketOptions& options) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno_error(errno, "socket");
  // Lets a restarted proxy bind while old connections sit in TIME_WAIT. Two listeners still
  // exclude each other: that would take SO_REUSEPORT, which is never set.
  const int on = 1;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ListenSocket socket(fd);
  set_options(fd, options);
  if (::bind(fd, address.get(), address.size()) == 0 && ::listen(fd, backlog) == 0) return socket;
  const int error_number = errno;
  if (error_number == EADDRINUSE) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "cannot listen on {}: the port is in use (by another waymark or another program; "
                 "`ss -ltnp 'sport = :{}'` shows which)",
                 address.to_string(), address.port());
  }
  return errno_error(error_number, fmt::format("cannot listen on {}", address.to_string()));
}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) ::close(fd_);
}

absl::StatusOr<ListenSocket> ListenSocket::share() const {
  const int fd = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return errno_error(errno, "another descriptor of a listening socket");
  return ListenSocket(fd);
}

}  // namespace waymark::net
