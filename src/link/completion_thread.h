// A gRPC completion queue and the thread that polls it for one worker.
//
// The thread does nothing but collect: whole completions go into a list that the worker takes, with
// one wake-up per burst. (gRPC's callback API is not used: its threads nap for 100 ms after
// idling.)
//
// This header and link.h, which src/proxy includes, are free of gRPC's own headers: those cost
// seconds a file.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace grpc {
class CompletionQueue;
}

namespace waymark::link {

struct Completion;

class CompletionThread {
 public:
  // `wake` is called on the queue's thread when the worker should deliver() what is there.
  explicit CompletionThread(std::function<void()> wake);
  CompletionThread(const CompletionThread&) = delete;
  CompletionThread& operator=(const CompletionThread&) = delete;
  // Every call must have finished. Ends the thread.
  ~CompletionThread();

  [[nodiscard]] grpc::CompletionQueue& queue() { return *queue_; }

  // Worker thread: gives what came in to `sink`, in order.
  void deliver(const std::function<void(Completion&)>& sink);

  // Worker thread: makes the worker deliver() again soon.
  void wake_self() { wake_(); }

  // Queue thread (calls only). Without `announce` the worker is not woken for it and finds it with
  // whatever comes next.
  void push(Completion completion, bool announce);

 private:
  void run();

  std::function<void()> wake_;
  std::unique_ptr<grpc::CompletionQueue> queue_;
  std::mutex mutex_;
  std::vector<Completion> waiting_;    // guarded by mutex_
  bool woken_ = false;                 // guarded by mutex_: a wake-up is on its way
  std::vector<Completion> delivered_;  // worker thread; kept for its capacity
  std::thread thread_;
};

}  // namespace waymark::link
