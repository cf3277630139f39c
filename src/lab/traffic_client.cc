#include "lab/traffic_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "lab/traffic_plan.h"

namespace waymark::lab {
namespace {

constexpr std::chrono::seconds kConnectPatience(10);
constexpr std::chrono::seconds kLeavePatience(2);
constexpr std::chrono::seconds kRest(1);    // after a fault, so that nobody is hammered
constexpr std::size_t kMaxDue = 10'000;     // frames nobody takes are not made up for
constexpr std::size_t kMaxOut = 64 * 1024;  // bytes
constexpr int kSmallBuffer = 4 * 1024;      // of the socket of a slow reader

std::string text_of(int number) { return std::generic_category().message(number); }

std::uint64_t micros(Time time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

std::string text_of(const sockaddr_in& address) {
  std::array<char, INET_ADDRSTRLEN> host{};
  ::inet_ntop(AF_INET, &address.sin_addr, host.data(), host.size());
  return fmt::format("{}:{}", host.data(), ntohs(address.sin_port));
}

}  // namespace

void TrafficClient::connect(const sockaddr_in& address, std::uint64_t tag, bool slow, Time now) {
  peer_ = text_of(address);
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return fail(text_of(errno), now);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (slow) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &kSmallBuffer, sizeof(kSmallBuffer));
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
      errno != EINPROGRESS) {
    return fail(text_of(errno), now);
  }
  state_ = State::connecting;
  tag_ = tag;
  slow_ = slow;
  answers_.emplace(tag);
  deadline_ = now + kConnectPatience;
  reads_ = now + TrafficPlan::kReadPause;
  watch(EPOLL_CTL_ADD);
}

void TrafficClient::send(std::size_t frames, Time now) {
  due_ = std::min(due_ + frames, kMaxDue);
  if (state_ == State::open && !blocked_) flush(now);
}

void TrafficClient::leave(Time now) {
  if (state_ == State::connecting) return close();
  if (state_ != State::open) return;
  state_ = State::leaving;
  due_ = 0;
  deadline_ = now + kLeavePatience;
  if (std::exchange(slow_, false)) watch(EPOLL_CTL_MOD);
  leave_if_done();
}

void TrafficClient::on_ready(std::uint32_t events, Time now) {
  if (state_ == State::connecting) return go_on_connecting(now);
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read(now);
  if ((events & EPOLLOUT) != 0 && state_ != State::closed) flush(now);
}

void TrafficClient::tick(Time now) {
  if (state_ == State::connecting && now >= deadline_) {
    fail("not connected in time", now);
  } else if (state_ == State::leaving && now >= deadline_) {
    close();
  } else if (state_ == State::open && slow_ && now >= reads_) {
    reads_ = now + TrafficPlan::kReadPause;
    read(now);
  }
}

void TrafficClient::go_on_connecting(Time now) {
  int fault = 0;
  socklen_t size = sizeof(fault);
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &fault, &size) != 0) fault = errno;
  if (fault != 0) return fail(text_of(fault), now);
  state_ = State::open;
  ++tally_.connected;
  watch(EPOLL_CTL_MOD);
  flush(now);
}

void TrafficClient::read(Time now) {
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (got <= 0) return lose(got == 0 ? "FIN" : text_of(errno), now);
    const auto bytes = static_cast<std::size_t>(got);
    const std::size_t lines = answers_->read({buffer.data(), bytes}, micros(now), tally_);
    awaited_ -= std::min(awaited_, lines);
    if (bytes < buffer.size()) break;
  }
  leave_if_done();
}

void TrafficClient::flush(Time now) {
  while (true) {
    for (; due_ > 0 && out_.size() < kMaxOut; --due_) {
      append_frame(out_, tag_, micros(now), frame_size_);
      ++awaited_;
      ++tally_.sent;
    }
    if (out_.empty()) break;
    const ssize_t taken = ::send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN && errno != EINTR) return lose(text_of(errno), now);
    if (taken > 0) out_.erase(0, static_cast<std::size_t>(taken));
    if (taken <= 0) break;
  }
  if (std::exchange(blocked_, !out_.empty()) == out_.empty()) watch(EPOLL_CTL_MOD);
}

void TrafficClient::leave_if_done() {
  if (state_ == State::leaving && awaited_ == 0 && out_.empty()) close();
}

void TrafficClient::lose(const std::string& why, Time now) {
  ++tally_.cut_off;
  if (tally_.first_fault.empty()) {
    tally_.first_fault = fmt::format("{} ended a connection: {}", peer_, why);
  }
  close();
  rests_ = now + kRest;
}

void TrafficClient::fail(const std::string& why, Time now) {
  ++tally_.refused;
  if (tally_.first_fault.empty()) tally_.first_fault = fmt::format("connect {}: {}", peer_, why);
  close();
  rests_ = now + kRest;
}

// The socket is in the set exactly once, so that cannot fail. The end of a connection is told in
// any case.
void TrafficClient::watch(int operation) {
  epoll_event event{};
  if (state_ == State::connecting || blocked_) event.events |= EPOLLOUT;
  if (!slow_) event.events |= EPOLLIN;
  event.data.u64 = key_;
  ::epoll_ctl(epoll_, operation, socket_, &event);
}

void TrafficClient::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  state_ = State::closed;
  slow_ = false;
  blocked_ = false;
  out_.clear();
  due_ = 0;
  awaited_ = 0;
}

}  // namespace waymark::lab
