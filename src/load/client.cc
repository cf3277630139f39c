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

bool is_transient(int error_number) { return error_number == EAGAIN || error_number == EINTR; }

}  // namespace

bool Client::connect(const Endpoint& endpoint, const Payloads& payloads, std::uint32_t connection,
                     Time now, Tally& tally) {
  since_ = now;
  endpoint_ = &endpoint;
  socket_ = Descriptor(::socket(endpoint.address.ss_family,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket_) {
    fail_connect(text_of(errno), tally);
    return false;
  }
  const int on = 1;
  (void)::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  if (::connect(socket_.get(), address, endpoint.size) != 0 && errno != EINPROGRESS) {
    fail_connect(text_of(errno), tally);
    return false;
  }
  talk_.emplace(payloads, connection);
  state_ = State::connecting;
  watch(EPOLLOUT, EPOLL_CTL_ADD);
  return true;
}

bool Client::go_on_opening(Tally& tally) {
  if (state_ == State::shaking_hands) return shake_hands(tally);
  int failure = 0;
  socklen_t size = sizeof failure;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
  if (failure != 0) {
    fail_connect(text_of(failure), tally);
    return false;
  }
  if (endpoint_->proxy_header && !send_proxy_header()) {
    fail_connect("the PROXY header was not taken", tally);
    return false;
  }
  if (endpoint_->tls) {
    tls_ = std::make_unique<TlsStream>(*endpoint_->tls, socket_.get());
    state_ = State::shaking_hands;
    return shake_hands(tally);
  }
  state_ = State::open;
  tally.connected.add();
  watch(EPOLLIN, EPOLL_CTL_MOD);
  return true;
}

// A new socket has room for it; one that has not is broken.
bool Client::send_proxy_header() const {
  const std::string header = proxy_header(*endpoint_->proxy_header, talk_->connection());
  return ::send(socket_.get(), header.data(), header.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(header.size());
}

bool Client::shake_hands(Tally& tally) {
  switch (tls_->shake_hands()) {
    case TlsStream::Step::done:
      if (tally.tls.empty()) tally.tls = tls_->facts();
      state_ = State::open;
      tally.connected.add();
      watch(EPOLLIN, EPOLL_CTL_MOD);
      return true;
    case TlsStream::Step::wants_input:
      watch(EPOLLIN, EPOLL_CTL_MOD);
      return true;
    case TlsStream::Step::wants_room:
      watch(EPOLLOUT, EPOLL_CTL_MOD);
      return true;
    case TlsStream::Step::ended:
    case TlsStream::Step::failed:
      fail_connect(tls_->why(), tally);
      return false;
  }
  return false;
}

Client::Moved Client::receive(std::span<char> out) {
  using Kind = Moved::Kind;
  if (tls_) {
    const auto [step, size] = tls_->read(out);
    if (step == TlsStream::Step::done) return {Kind::bytes, size, {}};
    if (step == TlsStream::Step::wants_input || step == TlsStream::Step::wants_room) return {};
    return {Kind::over, 0, tls_->why()};
  }
  const ssize_t size = ::recv(socket_.get(), out.data(), out.size(), 0);
  if (size > 0) return {Kind::bytes, static_cast<std::size_t>(size), {}};
  if (size == 0) return {Kind::over, 0, "FIN"};
  if (is_transient(errno)) return {};
  return {Kind::over, 0, text_of(errno)};
}

Client::Moved Client::send(std::string_view bytes) {
  using Kind = Moved::Kind;
  if (tls_) {
    const auto [step, size] = tls_->write(bytes);
    if (step == TlsStream::Step::done) return {Kind::bytes, size, {}};
    if (step == TlsStream::Step::wants_input || step == TlsStream::Step::wants_room) return {};
    return {Kind::over, 0, tls_->why()};
  }
  const ssize_t size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (size >= 0) return {Kind::bytes, static_cast<std::size_t>(size), {}};
  if (is_transient(errno)) return {};
  return {Kind::over, 0, text_of(errno)};
}

bool Client::read(std::span<char> scratch, Tally& tally) {
  do {
    const Moved got = receive(scratch);
    if (got.kind == Moved::Kind::over) {
      lose_peer(got.why, tally);
      return false;
    }
    if (got.kind == Moved::Kind::nothing) return true;
    talk_->receive({scratch.data(), got.size}, Clock::now(), tally);
  } while (tls_ && tls_->has_more());
  return true;
}

bool Client::flush(std::span<char> scratch, Tally& tally) {
  while (talk_->has_unsent()) {
    const std::size_t size = talk_->copy_unsent(scratch.data(), scratch.size());
    const Moved sent = send({scratch.data(), size});
    if (sent.kind == Moved::Kind::over) {
      lose_peer(sent.why, tally);
      return false;
    }
    talk_->mark_sent(sent.size, tally);
    // TLS takes a record at a time, and the next one may still go.
    if (sent.kind == Moved::Kind::nothing || (!tls_ && sent.size < size)) {
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
  if (tls_ && state_ == State::open) tls_->close_notify();
  tls_.reset();
  socket_.reset();
  blocked_ = false;
  state_ = State::closed;
}

void Client::fail_connect(std::string_view reason, Tally& tally) {
  const bool in_handshake = state_ == State::shaking_hands;
  tally.connect_errors.add();
  if (in_handshake) tally.handshake_errors.add();
  tally.note_fault(fmt::format("{}: {}", in_handshake ? "TLS handshake" : "connect", reason));
  close(tally);
}

void Client::lose_peer(std::string_view why, Tally& tally) {
  tally.disconnects.add();
  tally.note_fault(fmt::format("the peer ended a connection: {}", why));
  tls_.reset();
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
