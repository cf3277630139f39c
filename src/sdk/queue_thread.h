// A completion queue and the thread that polls it.
#pragma once

#include <grpcpp/completion_queue.h>

#include <memory>
#include <thread>

namespace waymark::sdk {

class QueueThread {
 public:
  explicit QueueThread(std::unique_ptr<grpc::ServerCompletionQueue> queue);
  QueueThread(const QueueThread&) = delete;
  QueueThread& operator=(const QueueThread&) = delete;

  // Drains the queue. No operation may be under way, and the queue's server must be shut down.
  ~QueueThread();

  [[nodiscard]] grpc::ServerCompletionQueue& queue() { return *queue_; }

 private:
  void run();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::thread thread_;
};

}  // namespace waymark::sdk
