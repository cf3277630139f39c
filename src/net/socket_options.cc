#include "net/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace waymark::net {
namespace {

void set_int(int fd, int level, int name, int value) {
  // A refused option leaves the system's own value, which only makes a limit less tight.
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

}  // namespace

void set_options(int fd, const SocketOptions& options) {
  set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, options.keepalive_idle_s);
  set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, options.keepalive_interval_s);
  set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, options.keepalive_count);
  set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(options.user_timeout_ms));
  set_int(fd, SOL_SOCKET, SO_SNDBUF, static_cast<int>(options.send_buffer));
}

void close_with_reset(int fd) {
  const linger hard{1, 0};
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(fd);
}

}  // namespace waymark::net
