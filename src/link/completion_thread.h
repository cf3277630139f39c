// A gRPC completion queue and the thread that polls it for one worker.
//
// The thread does nothing but collect: whole completions go into a list that the worker takes, with
// one wake-up per burst. (gRPC's callback API is not used: its threads nap for 100 ms after
// idling.)
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace waymark::link {

class Call;

// What a call tells the worker.
struct Completion {
  enum class Kind : std::uint8_t {
    started,   // ok: the call reached the upstream
    received,  // `message`
    written,   // ok: handed to the transport
    finished,  // `status`; the last completion of its call
  };
  Call* call = nullptr;
  Kind kind = Kind::started;
  bool ok = false;
  grpc::ByteBuffer message;
  grpc::Status status;
};

class CompletionThread {
 public:
  // `wake` is called on the queue's thread when the worker should take() what is there.
  explicit CompletionThread(std::function<void()> wake);
  CompletionThread(const CompletionThread&) = delete;
  CompletionThread& operator=(const CompletionThread&) = delete;
  // Every call must have finished. Ends the thread.
  ~CompletionThread();

  [[nodiscard]] grpc::CompletionQueue& queue() { return queue_; }

  // Worker thread: moves what came in to `out`, which must be empty.
  void take(std::vector<Completion>& out);

  // Queue thread (calls only). Without `announce` the worker is not woken for it and finds it with
  // whatever it takes next.
  void push(Completion completion, bool announce);

  // Worker thread: makes the worker take() again soon.
  void wake_self() { wake_(); }

 private:
  void run();

  std::function<void()> wake_;
  grpc::CompletionQueue queue_;
  std::mutex mutex_;
  std::vector<Completion> waiting_;  // guarded by mutex_
  bool woken_ = false;               // guarded by mutex_: a wake-up is on its way
  std::thread thread_;
};

}  // namespace waymark::link
