// Threads that carry out requests, with a bounded queue before them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace waymark::admin {

class HandlerPool {
 public:
  // Called on a thread of the pool; `ending`: the pool ends, and the answer is due at once.
  using Task = std::function<void(bool ending)>;

  // `name` is what the threads are called, at most 12 characters.
  HandlerPool(const std::string& name, std::size_t threads, std::size_t queue_limit);
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;
  ~HandlerPool() { stop(); }

  // Any thread. False, and the task is not taken, while the queue is full and after stop().
  [[nodiscard]] bool submit(Task task);
  // Returns when every task taken has been called.
  void stop();

 private:
  void run();

  const std::size_t queue_limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;  // guarded by mutex_, as below
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace waymark::admin
