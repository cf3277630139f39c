// Writes lines to a descriptor from a thread of its own, so that a reader who stalls does not stall
// those who write.
//
// The thread wakes for the first line, writes all there are, and rests for kRest or until the queue
// is half full: thousands of lines a second cost fifty wake-ups. (spdlog wakes its thread for every
// line, which took a fifth of the CPU of a proxy whose clients come and go.)
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace waymark::app {

class LineWriter {
 public:
  static constexpr std::size_t kQueuedLines = 8192;
  static constexpr std::chrono::milliseconds kRest{20};

  // `fd` stays open until the writer is destroyed.
  explicit LineWriter(int fd);
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  // Writes what is queued.
  ~LineWriter();

  // Any thread. `line` holds no line feed. Dropped and counted while kQueuedLines wait.
  void write(std::string_view line);
  // Waits until what is queued has been written, but not longer.
  void flush(std::chrono::milliseconds at_most);
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void run();

  const int fd_;
  std::atomic<std::uint64_t> dropped_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable written_;
  std::string waiting_;  // guarded by mutex_, as all below
  std::size_t lines_waiting_ = 0;
  bool idle_ = false;     // the thread waits for a line
  bool writing_ = false;  // the thread writes what it has taken
  bool hurried_ = false;  // somebody waits in flush()
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace waymark::app
