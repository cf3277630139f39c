#include "net/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/status.h"

namespace waymark::net {
namespace {

constexpr std::chrono::milliseconds kFirstWait{10};
constexpr std::chrono::milliseconds kLongestWait{1000};

bool out_of_resources(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

absl::StatusOr<int> listen_on(const Address& address, int backlog, const SocketOptions& options) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno_error(errno, "socket");
  // Lets a restarted proxy bind while old connections sit in TIME_WAIT. Two listeners still
  // exclude each other: that would take SO_REUSEPORT, which is never set.
  const int on = 1;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  set_options(fd, options);
  if (::bind(fd, address.get(), address.size()) == 0 && ::listen(fd, backlog) == 0) return fd;
  const int error_number = errno;
  ::close(fd);
  if (error_number == EADDRINUSE) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "cannot listen on {}: the port is in use (by another waymark or another program; "
                 "`ss -ltnp 'sport = :{}'` shows which)",
                 address.to_string(), address.port());
  }
  return errno_error(error_number, fmt::format("cannot listen on {}", address.to_string()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::open(Loop& loop, Options options,
                                                         OnAccept on_accept, HasRoom has_room) {
  auto fd = listen_on(options.address, options.backlog, options.socket);
  if (!fd.ok()) return fd.status();
  std::unique_ptr<Listener> listener(
      new Listener(loop, *fd, options, std::move(on_accept), std::move(has_room)));
  listener->start();
  return listener;
}

Listener::Listener(Loop& loop, int fd, Options options, OnAccept on_accept, HasRoom has_room)
    : fd_(fd),
      options_(options),
      address_(Address::local_of(fd)),
      on_accept_(std::move(on_accept)),
      has_room_(std::move(has_room)),
      retry_(loop, [this] { start(); }),
      wait_(kFirstWait) {
  poll_.data = this;
  if (uv_poll_init(loop.raw(), &poll_, fd) != 0) std::abort();
}

Listener::~Listener() {
  if (!closed_) std::abort();  // libuv still holds the handles
}

void Listener::start() {
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<Listener*>(poll->data)->accept_turn();
  });
}

void Listener::accept_turn() {
  for (int i = 0; i < options_.accepts_per_turn && !closed_; ++i) {
    if (!has_room_()) {
      ++counters_.paused_at_cap;
      return pause();
    }
    Accepted accepted;
    socklen_t size = sizeof(sockaddr_in6);
    accepted.fd = ::accept4(fd_, accepted.peer.get(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted.fd >= 0) {
      ++counters_.accepted;
      wait_ = kFirstWait;
      on_accept_(std::move(accepted));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (out_of_resources(errno)) {
      ++counters_.paused_without_fds;
      return pause();
    }
    // ECONNABORTED and its like concern one client that is already gone.
    ++counters_.failed;
  }
}

// Level-triggered polling of a backlog nobody may take from would spin.
void Listener::pause() {
  uv_poll_stop(&poll_);
  retry_.start_once(wait_);
  wait_ = std::min(wait_ * 2, kLongestWait);
}

void Listener::close() {
  if (closed_) return;
  closed_ = true;
  retry_.close();
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr);
  ::close(fd_);
}

}  // namespace waymark::net
