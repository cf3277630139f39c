#include "net/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>

namespace waymark::net {
namespace {

constexpr std::size_t kMaxParts = 256;  // iovecs of one sendmsg
constexpr std::size_t kDiscardBuffer = 64 * 1024;

void set_int(int fd, int level, int name, int value) {
  // A refused option leaves the system's own value, which only makes a limit less tight.
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

bool is_again(int error_number) { return error_number == EAGAIN || error_number == EWOULDBLOCK; }

// Answers the bytes the kernel took, 0 if it takes none now, or -1 with errno.
ssize_t send_parts(int fd, std::span<const std::string_view> parts) {
  std::array<iovec, kMaxParts> vectors;
  const std::size_t count = std::min(parts.size(), kMaxParts);
  for (std::size_t i = 0; i < count; ++i) {
    vectors[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  for (;;) {
    const ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    if (errno == EINTR) continue;
    return is_again(errno) ? 0 : -1;
  }
}

}  // namespace

void Connection::Queue::append(std::string_view part) {
  // Moving the rest to the front is paid for by at least as many bytes already written.
  if (written > bytes.size() / 2) {
    bytes.erase(0, written);
    written = 0;
  }
  bytes.append(part);
}

Connection::Connection(Loop& loop, int fd, ConnectionEvents& owner) : owner_(owner), fd_(fd) {
  poll_.data = this;
  // Fails only for a descriptor that cannot be polled at all, which a socket can.
  if (uv_poll_init(loop.raw(), &poll_, fd) != 0) std::abort();
}

Connection::~Connection() {
  if (state_ != State::closed) std::abort();  // libuv still holds the handle
}

void Connection::set_options(const SocketOptions& options) {
  set_int(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  set_int(fd_, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_int(fd_, IPPROTO_TCP, TCP_KEEPIDLE, options.keepalive_idle_s);
  set_int(fd_, IPPROTO_TCP, TCP_KEEPINTVL, options.keepalive_interval_s);
  set_int(fd_, IPPROTO_TCP, TCP_KEEPCNT, options.keepalive_count);
  set_int(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(options.user_timeout_ms));
  set_int(fd_, SOL_SOCKET, SO_SNDBUF, static_cast<int>(options.send_buffer));
}

Connection::ReadResult Connection::read(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t got = recv(fd_, buffer, size, MSG_DONTWAIT);
    if (got > 0) return {ReadResult::Kind::bytes, static_cast<std::size_t>(got), 0};
    if (got == 0) return {ReadResult::Kind::end, 0, 0};
    if (errno == EINTR) continue;
    if (is_again(errno)) return {ReadResult::Kind::nothing_yet, 0, 0};
    return {ReadResult::Kind::failed, 0, errno};
  }
}

void Connection::want_readable(bool wanted) {
  if (want_readable_ == wanted || closing()) return;
  want_readable_ = wanted;
  update_interest();
}

bool Connection::write(std::span<const std::string_view> parts) {
  if (closing() || fin_wanted_) return true;
  std::size_t skip = 0;
  while (queued_bytes() == 0 && !parts.empty()) {
    const auto now = parts.first(std::min(parts.size(), kMaxParts));
    std::size_t wanted = 0;
    for (std::string_view part : now) wanted += part.size();
    const ssize_t sent = send_parts(fd_, now);
    if (sent < 0) {
      last_error_ = errno;
      return false;
    }
    if (static_cast<std::size_t>(sent) < wanted) {
      skip = static_cast<std::size_t>(sent);
      break;
    }
    parts = parts.subspan(now.size());
  }
  if (!parts.empty()) enqueue_after(parts, skip);
  return true;
}

void Connection::enqueue_after(std::span<const std::string_view> parts, std::size_t skip) {
  if (!queue_) queue_ = std::make_unique<Queue>();
  for (std::string_view part : parts) {
    const std::size_t drop = std::min(skip, part.size());
    skip -= drop;
    queue_->append(part.substr(drop));
  }
  update_interest();
}

void Connection::on_writable() {
  const std::string_view rest = std::string_view(queue_->bytes).substr(queue_->written);
  const ssize_t sent = send_parts(fd_, {&rest, 1});
  if (sent < 0) {
    last_error_ = errno;
    if (closing()) return close_now();
    return owner_.broken(*this, last_error_);
  }
  queue_->written += static_cast<std::size_t>(sent);
  if (queue_->left() > 0) return;
  queue_.reset();
  update_interest();
  if (fin_wanted_ && !fin_sent_) {
    fin_sent_ = true;
    (void)::shutdown(fd_, SHUT_WR);
  }
  if (state_ == State::flushing) return start_lingering();
  owner_.drained(*this);
}

void Connection::shutdown_when_drained() {
  if (fin_wanted_ || closing()) return;
  fin_wanted_ = true;
  if (queued_bytes() > 0) return;
  fin_sent_ = true;
  (void)::shutdown(fd_, SHUT_WR);
}

void Connection::close_gently(std::uint64_t linger_ms, std::uint64_t flush_ms) {
  if (closing()) return;
  state_ = State::flushing;
  want_readable_ = false;
  linger_ms_ = static_cast<std::uint32_t>(linger_ms);
  deadline_ms_ = uv_now(poll_.loop) + flush_ms;
  if (queued_bytes() == 0) return start_lingering();
  update_interest();
}

void Connection::start_lingering() {
  state_ = State::lingering;
  deadline_ms_ = uv_now(poll_.loop) + linger_ms_;
  if (!fin_sent_ && ::shutdown(fd_, SHUT_WR) != 0) return close_now();
  fin_sent_ = true;
  update_interest();
}

void Connection::discard_input() {
  static thread_local std::array<char, kDiscardBuffer> sink;
  const ReadResult got = read(sink.data(), sink.size());
  switch (got.kind) {
    case ReadResult::Kind::bytes:
      discarded_ += static_cast<std::uint32_t>(
          std::min<std::size_t>(got.size, std::numeric_limits<std::uint32_t>::max() - discarded_));
      return;
    case ReadResult::Kind::nothing_yet:
      return;
    case ReadResult::Kind::end:
    case ReadResult::Kind::failed:
      return close_now();
  }
}

void Connection::reset() {
  if (state_ == State::closed) return;
  const linger hard{1, 0};
  (void)setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close_now();
}

void Connection::close_now() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  queue_.reset();
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    auto* self = static_cast<Connection*>(handle->data);
    self->owner_.released(*self);
  });
  // libuv has forgotten the descriptor by now (uv_close on a poll handle says so).
  ::close(fd_);
}

void Connection::check_deadline(std::uint64_t now_ms) {
  if ((state_ == State::flushing || state_ == State::lingering) && now_ms >= deadline_ms_) {
    close_now();
  }
}

bool Connection::peer_gone() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return true;
  return info.tcpi_state == TCP_CLOSE;
}

void Connection::update_interest() {
  if (state_ == State::closed) return;
  std::uint8_t interest = 0;
  if (want_readable_ || state_ == State::lingering) interest |= UV_READABLE;
  if (queued_bytes() > 0) interest |= UV_WRITABLE;
  if (interest == interest_) return;
  interest_ = interest;
  if (interest == 0) {
    uv_poll_stop(&poll_);
    return;
  }
  uv_poll_start(&poll_, interest, [](uv_poll_t* poll, int status, int events) {
    static_cast<Connection*>(poll->data)->on_poll(status, events);
  });
}

void Connection::on_poll(int status, int events) {
  if (status < 0) return on_poll_error();
  if ((events & UV_WRITABLE) != 0 && queued_bytes() > 0) on_writable();
  if (state_ == State::closed || (events & UV_READABLE) == 0) return;
  if (state_ == State::lingering) return discard_input();
  if (state_ == State::open && want_readable_) owner_.readable(*this);
}

// EPOLLERR, after which libuv has stopped the handle. Bytes that came before an RST are still to
// be had, and the error comes out of the read after them; an owner that is not reading hears of
// the error at once.
void Connection::on_poll_error() {
  interest_ = 0;
  if (state_ == State::lingering) discard_input();
  if (state_ == State::flushing) close_now();
  if (state_ == State::open && want_readable_) {
    owner_.readable(*this);
  } else if (state_ == State::open) {
    socklen_t size = sizeof last_error_;
    (void)getsockopt(fd_, SOL_SOCKET, SO_ERROR, &last_error_, &size);
    if (last_error_ == 0) last_error_ = ECONNRESET;
    return owner_.broken(*this, last_error_);
  }
  update_interest();
}

}  // namespace waymark::net
