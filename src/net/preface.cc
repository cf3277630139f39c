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
  handles_->poll.data = handles_->timer.data = handles_;
  require(uv_poll_init(loop.raw(), &handles_->poll, fd), "uv_poll_init");
  require(uv_timer_init(loop.raw(), &handles_->timer), "uv_timer_init");
  uv_timer_start(
      &handles_->timer,
      [](uv_timer_t* timer) { static_cast<Handles*>(timer->data)->owner->end(End::late); },
      static_cast<std::uint64_t>(time.count()), 0);
  uv_poll_start(&handles_->poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<Handles*>(poll->data)->owner->on_readable();
  });
}

Preface::~Preface() {
  if (handles_ == nullptr) return;
  release(std::exchange(handles_, nullptr));
  ::close(fd_);
}

void Preface::on_readable() {
  std::array<char, kMostBytes> bytes;
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // Readable without more: it has ended.
  if (got <= 0 || static_cast<std::size_t>(got) == seen_) return end(End::ended);
  const auto size = static_cast<std::size_t>(got);
  const Verdict verdict = look_({bytes.data(), size});
  switch (verdict.kind) {
    case Verdict::Kind::incomplete:
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

void Preface::end(End why) {
  if (handles_ == nullptr) return;
  release(std::exchange(handles_, nullptr));
  if (why != End::whole) ::close(fd_);
  const OnEnd on_end = std::move(on_end_);
  on_end(why, fd_);
}

// The descriptor leaves the loop's set at once; only the handles are closed later.
void Preface::release(Handles* handles) {
  uv_poll_stop(&handles->poll);
  const auto closed = [](uv_handle_t* handle) {
    auto* all = static_cast<Handles*>(handle->data);
    if (--all->open == 0) delete all;
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&handles->poll), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles->timer), closed);
}

}  // namespace waymark::net
