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

void DelayedReplies::add(const Behaviour& behaviour, const FrameName& frame, Reply reply,
                         std::optional<std::string> payload) {
  std::lock_guard lock(mutex_);
  std::uniform_int_distribution<Nanos::rep> jitter(0, behaviour.jitter.count());
  const Clock::time_point due = Clock::now() + behaviour.delay + Nanos(jitter(dice_));
  const auto added = waiting_.emplace(due, Waiting{frame, std::move(reply), std::move(payload)});
  if (added == waiting_.begin()) changed_.notify_one();
}

void DelayedReplies::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (waiting_.empty()) {
      if (stopping_) return;
      changed_.wait(lock);
      continue;
    }
    const Clock::time_point due = waiting_.begin()->first;
    if (!stopping_ && Clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    Waiting next = std::move(waiting_.extract(waiting_.begin()).mapped());
    lock.unlock();
    if (next.payload) {
      const bool accepted = next.reply.send(*next.payload);
      if (journal_ != nullptr) journal_->answered(next.frame, accepted);
    } else {
      next.reply.done();
    }
    lock.lock();
  }
}

}  // namespace waymark::stub
