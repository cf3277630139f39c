// The one seam between a loop and other threads: values go in anywhere, come out on the loop.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "net/loop.h"

namespace waymark::net {

template <typename Mail>
class Inbox {
 public:
  // `on_mail` gets each value in the order of posting, on the loop's thread.
  Inbox(Loop& loop, std::function<void(Mail&&)> on_mail)
      : on_mail_(std::move(on_mail)), waker_(loop, [this] { drain_in_loop(); }) {}

  // Any thread. A value posted after close() is dropped.
  void post(Mail mail) {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    waiting_.push_back(std::move(mail));
    if (waiting_.size() == 1) waker_.wake();
  }

  // Loop thread.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    waker_.close();
  }

 private:
  void drain_in_loop() {
    {
      std::lock_guard lock(mutex_);
      taken_.swap(waiting_);
    }
    for (Mail& mail : taken_) on_mail_(std::move(mail));
    taken_.clear();
  }

  std::function<void(Mail&&)> on_mail_;
  std::mutex mutex_;
  std::vector<Mail> waiting_;  // guarded by mutex_
  bool closed_ = false;        // guarded by mutex_
  std::vector<Mail> taken_;    // loop thread; kept for its capacity
  Waker waker_;
};

}  // namespace waymark::net
