// Reloads on SIGHUP. A thread of its own, because a reload waits for the control thread, which
// takes the signals.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "app/reload.h"

namespace waymark::app {

class ReloadThread {
 public:
  // `reload` outlives it.
  explicit ReloadThread(Reload& reload) : reload_(reload), thread_([this] { run(); }) {}
  ReloadThread(const ReloadThread&) = delete;
  ReloadThread& operator=(const ReloadThread&) = delete;
  ~ReloadThread() { end(); }

  // Reloads soon; requests that come before that are one.
  void request() { set(requested_); }
  // Waits for the reload under way; none follows.
  void end() {
    set(ending_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  void set(bool& flag) {
    std::lock_guard lock(mutex_);
    flag = true;
    changed_.notify_one();
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return requested_ || ending_; });
      if (ending_) return;
      requested_ = false;
      lock.unlock();
      (void)reload_.reload();  // which tells the log
      lock.lock();
    }
  }

  Reload& reload_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool requested_ = false;  // guarded by mutex_
  bool ending_ = false;     // guarded by mutex_
  std::thread thread_;
};

}  // namespace waymark::app
