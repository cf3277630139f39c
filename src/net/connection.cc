#include "net/connection.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <utility>

#include "net/socket_options.h"

namespace waymark::net {
namespace {

constexpr std::size_t kMaxParts = 256;  // iovecs of one sendmsg
constexpr std::size_t kDiscardBuffer = 64 * 1024;
constexpr std::size_t kEncipheredAtOnce = 128 * 1024;  // of one write, before it is sent

bool is_again(int error_number) { return error_number == EAGAIN || error_number == EWOULDBLOCK; }

// Answers the bytes the kernel took, 0 if it takes none now, or -1 with errno.
ssize_t send_parts(int fd, std::span<const std::string_view> parts) {
  constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  std::array<iovec, kMaxParts> vectors;
  const std::size_t count = std::min(parts.size(), kMaxParts);
  for (std::size_t i = 0; i < count; ++i) {
    vectors[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  for (;;) {
    // One part, as nearly always, spares the kernel the walk through a list.
    const ssize_t sent = parts.size() == 1 ? send(fd, parts[0].data(), parts[0].size(), kFlags)
                                           : sendmsg(fd, &message, kFlags);
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

Connection::Connection(Poller& poller, int fd, ConnectionEvents& owner)
    : poller_(poller), owner_(owner), fd_(fd) {
  watched_ = poller_.watch(*this, fd);
  if (watched_) return;
  last_error_ = errno;
  look_again();  // the owner is told then
}

Connection::~Connection() {
  if (state_ != State::closed) std::abort();  // the poller still knows it
}

// Input is told of once. So `readable_` stays until a read has found nothing more; a short read is
// enough, unless the peer has ended, which only a further read tells, or sent urgent data, at which
// the kernel stops a read although more lies behind it.
ReadResult Connection::read_socket(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t got = recv(fd_, buffer, size, MSG_DONTWAIT);
    if (got > 0) {
      const auto bytes = static_cast<std::size_t>(got);
      readable_ = bytes == size || peer_ended_ || urgent_;
      return {ReadResult::Kind::bytes, bytes, 0};
    }
    if (got == 0) return {ReadResult::Kind::end, 0, 0};
    if (errno == EINTR) continue;
    if (!is_again(errno)) return {ReadResult::Kind::failed, 0, errno};
    readable_ = false;
    return {ReadResult::Kind::nothing_yet, 0, 0};
  }
}

ReadResult Connection::peek_socket(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t got = recv(fd_, buffer, size, MSG_DONTWAIT | MSG_PEEK);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return {ReadResult::Kind::end, 0, 0};
    if (got < 0 && !is_again(errno)) return {ReadResult::Kind::failed, 0, errno};
    readable_ = false;
    if (got < 0) return {ReadResult::Kind::nothing_yet, 0, 0};
    peeked_ = true;
    return {ReadResult::Kind::bytes, static_cast<std::size_t>(got), 0};
  }
}

ReadResult Connection::read(char* buffer, std::size_t size) {
  if (!tls_) [[likely]]
    return read_socket(buffer, size);
  const ReadResult got = note_tls_input(tls_->read(buffer, size));
  if (got.kind == ReadResult::Kind::bytes) readable_ = tls_->has_more() || peer_ended_ || urgent_;
  return got;
}

ReadResult Connection::peek(char* buffer, std::size_t size) {
  if (!tls_) [[likely]]
    return peek_socket(buffer, size);
  const ReadResult got = note_tls_input(tls_->peek(buffer, size));
  if (got.kind == ReadResult::Kind::bytes) {
    readable_ = false;
    peeked_ = true;
  }
  return got;
}

void Connection::want_readable(bool wanted) {
  if ((want_readable_ == wanted && !peeked_) || closing()) return;
  want_readable_ = wanted;
  if (wanted && peeked_) tell_peeked();
  look_again();
}

bool Connection::write(std::span<const std::string_view> parts) {
  if (closing() || fin_wanted_) return true;
  return tls_ ? write_tls(parts) : write_socket(parts);
}

bool Connection::write_socket(std::span<const std::string_view> parts) {
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
  if (!room_watched_) room_watched_ = poller_.watch_room(*this, fd_);
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
  if (fin_wanted_ && !fin_sent_) {
    fin_sent_ = true;
    (void)::shutdown(fd_, SHUT_WR);
  }
  if (state_ == State::flushing) return start_lingering();
  owner_.drained(*this);
}

void Connection::shutdown_when_drained() {
  if (fin_wanted_ || closing()) return;
  if (tls_) notify_close();
  fin_wanted_ = true;
  if (queued_bytes() > 0) return;
  fin_sent_ = true;
  (void)::shutdown(fd_, SHUT_WR);
}

void Connection::close_gently(std::uint64_t linger_ms, std::uint64_t flush_ms) {
  if (closing()) return;
  if (tls_ && !fin_wanted_) notify_close();
  state_ = State::flushing;
  want_readable_ = false;
  linger_ms_ = static_cast<std::uint32_t>(linger_ms);
  deadline_ms_ = poller_.loop().now_ms() + flush_ms;
  if (queued_bytes() == 0) start_lingering();
}

void Connection::start_lingering() {
  state_ = State::lingering;
  if (peeked_) tell_peeked();
  deadline_ms_ = poller_.loop().now_ms() + linger_ms_;
  if (!fin_sent_ && ::shutdown(fd_, SHUT_WR) != 0) return close_now();
  fin_sent_ = true;
  look_again();
}

void Connection::discard_input() {
  static thread_local std::array<char, kDiscardBuffer> sink;
  const ReadResult got = read_socket(sink.data(), sink.size());
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
  state_ = State::closed;
  queue_.reset();
  close_with_reset(fd_);
  poller_.release(*this);
}

void Connection::close_now() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  queue_.reset();
  ::close(fd_);
  poller_.release(*this);
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

void Connection::start_tls(std::shared_ptr<const TlsContext> context) {
  tls_ = std::make_unique<TlsSession>(std::move(context), fd_);
}

void Connection::start_tls(std::unique_ptr<TlsSession> session) {
  tls_ = std::move(session);
  readable_ = tls_->has_more();
}

std::unique_ptr<TlsSession> Connection::give_away() {
  state_ = State::closed;
  poller_.forget(fd_);
  poller_.release(*this);
  return std::move(tls_);
}

TlsSession::Step Connection::shake_hands() {
  const TlsSession::Step step = tls_->handshake();
  if (step == TlsSession::Step::waits) readable_ = false;
  return send_enciphered() ? step : TlsSession::Step::ended;
}

// Reading may have led to something to write: an alert, or new keys.
ReadResult Connection::note_tls_input(const ReadResult& got) {
  if (got.kind == ReadResult::Kind::nothing_yet) readable_ = tls_->stopped_early();
  if (tls_->ended()) peer_ended_ = true;
  if (fin_wanted_) TlsSession::output().clear();  // nothing goes behind a close_notify
  const std::size_t answer = TlsSession::output().size();
  if (answer == 0) return got;
  if (!send_enciphered()) return {ReadResult::Kind::failed, 0, last_error_};
  // A peer that asks for more and more of these and takes none may not fill the queue.
  if (queued_bytes() == 0) tls_->owe_nothing();
  if (queued_bytes() > 0 && !tls_->may_owe(answer)) return {ReadResult::Kind::failed, 0, EPROTO};
  return got;
}

// Small parts go into one record.
bool Connection::write_tls(std::span<const std::string_view> parts) {
  static thread_local std::string record;
  record.clear();
  const auto encipher = [this](std::string_view bytes) {
    if (!tls_->write(bytes)) {
      last_error_ = EPROTO;
      return false;
    }
    return TlsSession::output().size() < kEncipheredAtOnce || send_enciphered();
  };
  for (std::string_view part : parts) {
    while (!part.empty()) {
      const std::string_view piece = part.substr(0, TlsSession::kRecord - record.size());
      part.remove_prefix(piece.size());
      if (piece.size() == TlsSession::kRecord) {
        if (!encipher(piece)) return false;
        continue;
      }
      record += piece;
      if (record.size() < TlsSession::kRecord) continue;
      if (!encipher(record)) return false;
      record.clear();
    }
  }
  if (!record.empty() && !tls_->write(record)) {
    last_error_ = EPROTO;
    return false;
  }
  return send_enciphered();
}

// What the kernel does not take is queued as it goes over the wire.
bool Connection::send_enciphered() {
  std::string& bytes = TlsSession::output();
  const std::string_view part = bytes;
  const bool sent = part.empty() || write_socket({&part, 1});
  bytes.clear();
  return sent;
}

// A socket that is broken tells it when it is shut down, or read.
void Connection::notify_close() {
  tls_->close_notify();
  (void)send_enciphered();
}

void Connection::on_edge(std::uint32_t events) {
  if (state_ == State::closed) return;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) peer_ended_ = true;
  if ((events & EPOLLPRI) != 0) urgent_ = true;
  if ((events & (EPOLLIN | EPOLLPRI)) != 0 || peer_ended_) {
    readable_ = true;
    if (tls_) tls_->note_input();
  }
  // Writing to a socket in error tells the error; while somebody reads it comes out of the read,
  // behind the bytes before it.
  const bool may_write = (events & EPOLLERR) != 0 ? !takes_input() : (events & EPOLLOUT) != 0;
  if (may_write && queued_bytes() > 0) on_writable();
  look();
}

void Connection::on_look() {
  to_look_ = false;
  if (!watched_ && !closing()) return owner_.broken(*this, last_error_);
  look();
}

// Bytes that came before an RST are still to be had, and the error comes out of the read after
// them. An owner that does not read and has nothing queued hears of neither.
void Connection::look() {
  if (!readable_ || !takes_input()) return;
  if (state_ == State::lingering) {
    discard_input();
  } else {
    owner_.readable(*this);
  }
  look_again();
}

void Connection::look_again() {
  const bool wanted = !watched_ || (readable_ && takes_input());
  if (to_look_ || !wanted || state_ == State::closed) return;
  to_look_ = true;
  poller_.look_again(*this);
}

}  // namespace waymark::net
