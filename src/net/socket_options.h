// What a listening socket asks of TCP for itself and for all it accepts, which inherit it (Linux).
#pragma once

#include <cstddef>

namespace waymark::net {

struct SocketOptions {
  std::size_t send_buffer = 64 * 1024;
  unsigned user_timeout_ms = 30'000;
  int keepalive_idle_s = 60;
  int keepalive_interval_s = 10;
  int keepalive_count = 3;
};

// Also switches Nagle's algorithm off.
void set_options(int fd, const SocketOptions& options);

// Closes `fd`; the peer sees RST, and the kernel keeps nothing of the connection.
void close_with_reset(int fd);

}  // namespace waymark::net
