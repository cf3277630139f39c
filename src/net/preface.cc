#include "net/preface.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "net/handle.h"

namespace waymark::net {
namespace {

// The socket is readable once it holds so many bytes, or has ended.
void set_least(int fd, std::size_t bytes) {
  const int least = static_cast<int>(bytes);
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

}  // namespace

Preface::Preface(Loop& loop, int fd, std::chrono::milliseconds time, Look look, OnEnd on_end)
    : fd_(fd), look_(std::move(look)), on_end_(std::move(on_end)), handles_(new Handles) {
  handles_->owner = this;
  handles_->poll.data = handles_->deadline.data = handles_->again.data = handles_;
  require(uv_timer_init(loop.raw(), &handles_->deadline), "uv_timer_init");
  require(uv_timer_init(loop.raw(), &handles_->again), "uv_timer_init");
  if (uv_poll_init(loop.raw(), &handles_->poll, fd) != 0) {
    handles_->polled = false;
    time = {};
  }
  uv_timer_start(
      &handles_->deadline,
      [](uv_timer_t* timer) { static_cast<Handles*>(timer->data)->owner->end(End::late); },
      static_cast<std::uint64_t>(time.count()), 0);
  if (handles_->polled) start();
}

void Preface::start() {
  uv_poll_start(&handles_->poll, UV_READABLE | UV_DISCONNECT,
                [](uv_poll_t* poll, int status, int events) {
                  const bool over = status < 0 || (events & UV_DISCONNECT) != 0;
                  static_cast<Handles*>(poll->data)->owner->look(over);
                });
}

Preface::~Preface() {
  if (handles_ == nullptr) return;
  release(std::exchange(handles_, nullptr));
  ::close(fd_);
}

void Preface::look(bool over) {
  std::array<char, kMostBytes> bytes;
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_PEEK);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return end(End::ended);
  const std::size_t size = got < 0 ? 0 : static_cast<std::size_t>(got);
  const Verdict verdict = size > seen_ ? look_({bytes.data(), size}) : Verdict();
  switch (verdict.kind) {
    case Verdict::Kind::incomplete:
      if (over) return end(End::ended);
      if (size <= seen_) return wait();
      seen_ = size;
      return set_least(fd_, size + 1);
    case Verdict::Kind::refused:
      return end(End::refused);
    case Verdict::Kind::whole:
      break;
  }
  set_least(fd_, 1);
  if (::recv(fd_, bytes.data(), verdict.size, 0) != static_cast<ssize_t>(verdict.size)) {
    return end(End::ended);
  }
  end(End::whole);
}

// A kernel that is short of memory may call a socket readable that has nothing more to read.
void Preface::wait() {
  constexpr std::uint64_t kMs = 10;
  uv_poll_stop(&handles_->poll);
  uv_timer_start(
      &handles_->again,
      [](uv_timer_t* timer) { static_cast<Handles*>(timer->data)->owner->start(); }, kMs, 0);
}

void Preface::end(End why) {
  if (handles_ == nullptr) return;
  release(std::exchange(handles_, nullptr));
  if (why != End::whole) ::close(fd_);
  const OnEnd on_end = std::move(on_end_);
  on_end(why, fd_);
}

// The descriptor leaves the loop's set at once; only the handles are closed later.
void Preface::release(Handles* handles) {
  const auto closed = [](uv_handle_t* handle) {
    auto* all = static_cast<Handles*>(handle->data);
    if (--all->open == 0) delete all;
  };
  if (handles->polled) {
    uv_poll_stop(&handles->poll);
    uv_close(reinterpret_cast<uv_handle_t*>(&handles->poll), closed);
  } else {
    --handles->open;
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&handles->deadline), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles->again), closed);
}

}  // namespace waymark::net
