// Answers that wait: a handler may finish a frame later and on another thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "behaviour.h"
#include "journal.h"
#include "waymark/upstream.h"

namespace waymark::stub {

// Sends each answer one delay after it was added, or, with a jitter, up to that much later. Answers
// of the same delay without a jitter are sent in the order of adding. Safe on any thread.
class DelayedReplies {
 public:
  using Nanos = std::chrono::nanoseconds;

  // `journal` may be null; else it must outlive this.
  explicit DelayedReplies(Journal* journal) : journal_(journal), thread_([this] { run(); }) {}
  DelayedReplies(const DelayedReplies&) = delete;
  DelayedReplies& operator=(const DelayedReplies&) = delete;

  // Sends at once what still waits.
  ~DelayedReplies();

  // Without a payload the frame is finished without an answer.
  void add(const Behaviour& behaviour, const FrameName& frame, Reply reply,
           std::optional<std::string> payload);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    FrameName frame;
    Reply reply;
    std::optional<std::string> payload;
  };

  void run();

  Journal* const journal_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::minstd_rand dice_{std::random_device()()};
  std::multimap<Clock::time_point, Waiting> waiting_;  // by when they are due
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace waymark::stub
