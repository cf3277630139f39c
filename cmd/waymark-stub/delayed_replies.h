// Answers that wait: a handler may finish a frame later and on another thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "waymark/upstream.h"

namespace waymark::stub {

// Sends each answer one delay after it was added, in the order of adding. Safe on any thread.
class DelayedReplies {
 public:
  explicit DelayedReplies(std::chrono::nanoseconds delay)
      : delay_(delay), thread_([this] { run(); }) {}
  DelayedReplies(const DelayedReplies&) = delete;
  DelayedReplies& operator=(const DelayedReplies&) = delete;

  // Sends at once what still waits.
  ~DelayedReplies();

  void add(Reply reply, std::string payload);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    Clock::time_point due;
    Reply reply;
    std::string payload;
  };

  void run();

  const std::chrono::nanoseconds delay_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace waymark::stub
