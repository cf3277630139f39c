#include "delayed_replies.h"

#include <utility>

namespace waymark::stub {

DelayedReplies::~DelayedReplies() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void DelayedReplies::add(Reply reply, std::string payload) {
  const Clock::time_point due = Clock::now() + delay_;
  std::lock_guard lock(mutex_);
  waiting_.push_back({due, std::move(reply), std::move(payload)});
  if (waiting_.size() == 1) changed_.notify_one();
}

void DelayedReplies::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Clock::time_point due = waiting_.front().due;
    changed_.wait_until(lock, due, [this] { return stopping_; });
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next.reply.send(next.payload);
    lock.lock();
  }
}

}  // namespace waymark::stub
