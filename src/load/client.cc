#include "load/client.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace waymark::load {
namespace {

std::string text_of(int error_number) { return std::generic_category().message(error_number); }

}  // namespace

bool Client::connect(const Endpoint& endpoint, const Payloads& payloads, std::uint32_t connection,
                     Time now, Tally& tally) {
  since_ = now;
  socket_ = Descriptor(::socket(endpoint.address.ss_family,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket_) {
    fail_connect(text_of(errno).c_str(), tally);
    return false;
  }
  const int on = 1;
  (void)::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  if (::connect(socket_.get(), address, endpoint.size) != 0 && errno != EINPROGRESS) {
    fail_connect(text_of(errno).c_str(), tally);
    return false;
  }
  talk_.emplace(payloads, connection);
  state_ = State::connecting;
  watch(EPOLLOUT, EPOLL_CTL_ADD);
  return true;
}

bool Client::finish_connect(Tally& tally) {
  int failure = 0;
  socklen_t size = sizeof failure;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
  if (failure != 0) {
    fail_connect(text_of(failure).c_str(), tally);
    return false;
  }
  state_ = State::open;
  tally.connected.add();
  watch(EPOLLIN, EPOLL_CTL_MOD);
  return true;
}

bool Client::read(std::span<char> scratch, Tally& tally) {
  const ssize_t size = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
  if (size > 0) {
    talk_->receive({scratch.data(), static_cast<std::size_t>(size)}, Clock::now(), tally);
    return true;
  }
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  lose_peer(size == 0 ? 0 : errno, tally);
  return false;
}

bool Client::flush(std::span<char> scratch, Tally& tally) {
  while (talk_->has_unsent()) {
    const std::size_t size = talk_->copy_unsent(scratch.data(), scratch.size());
    const ssize_t sent = ::send(socket_.get(), scratch.data(), size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      lose_peer(errno, tally);
      return false;
    }
    if (sent > 0) talk_->mark_sent(static_cast<std::size_t>(sent), tally);
    if (sent < 0 || static_cast<std::size_t>(sent) < size) {
      if (!blocked_) watch(EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
      blocked_ = true;
      return true;
    }
  }
  if (blocked_) watch(EPOLLIN, EPOLL_CTL_MOD);
  blocked_ = false;
  return true;
}

void Client::close(Tally& tally) {
  if (talk_) talk_->finish(tally);
  talk_.reset();
  socket_.reset();
  blocked_ = false;
  state_ = State::closed;
}

void Client::fail_connect(const char* reason, Tally& tally) {
  tally.connect_errors.add();
  tally.note_fault(fmt::format("connect: {}", reason));
  close(tally);
}

void Client::lose_peer(int error_number, Tally& tally) {
  tally.disconnects.add();
  tally.note_fault(fmt::format("the peer ended a connection: {}",
                               error_number == 0 ? "FIN" : text_of(error_number)));
  close(tally);
}

// The socket is this worker's own and in the set exactly once, so epoll_ctl cannot refuse.
void Client::watch(std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key_;
  (void)::epoll_ctl(epoll_, operation, socket_.get(), &event);
}

}  // namespace waymark::load
