#include "app/line_writer.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace waymark::app {
namespace {

constexpr std::size_t kHalfFull = LineWriter::kQueuedLines / 2;

// A descriptor that cannot be written to any more loses the lines: there is nowhere to say so.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return;
    pollfd room{fd, POLLOUT, 0};  // somebody made it non-blocking
    (void)::poll(&room, 1, -1);
  }
}

}  // namespace

LineWriter::LineWriter(int fd) : fd_(fd), thread_([this] { run(); }) {}

LineWriter::~LineWriter() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LineWriter::write(std::string_view line) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (lines_waiting_ == kQueuedLines) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    ++lines_waiting_;
    waiting_.append(line).push_back('\n');
    wake = std::exchange(idle_, false) || lines_waiting_ == kHalfFull;
  }
  if (wake) changed_.notify_one();
}

void LineWriter::flush(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  hurried_ = true;
  changed_.notify_one();
  written_.wait_for(lock, at_most, [this] { return waiting_.empty() && !writing_; });
  hurried_ = false;
}

void LineWriter::run() {
  pthread_setname_np(pthread_self(), "wm-log");
  std::string text;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (waiting_.empty() && !ending_) {
      idle_ = true;
      changed_.wait(lock, [this] { return !waiting_.empty() || ending_; });
      idle_ = false;
    }
    if (waiting_.empty()) return;
    text.clear();
    text.swap(waiting_);
    lines_waiting_ = 0;
    writing_ = true;
    lock.unlock();
    write_all(fd_, text);
    lock.lock();
    writing_ = false;
    written_.notify_all();
    changed_.wait_for(lock, kRest,
                      [this] { return ending_ || hurried_ || lines_waiting_ >= kHalfFull; });
  }
}

}  // namespace waymark::app
