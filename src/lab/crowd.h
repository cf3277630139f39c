// The clients of a chaos run: each sends numbered lines at an even pace, reads answers, and writes
// down what became of them. They end when they are told to, and not before.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "lab/history.h"

namespace waymark::lab {

struct CrowdOptions {
  std::vector<std::string> targets;  // "127.0.0.1:7900", one client after the other
  std::size_t clients = 24;
  std::chrono::milliseconds pace{50};  // of each client, from one line to the next
};

class Crowd {
 public:
  // A client with so many answers due waits for one. Those that are due for longer than kForgotten
  // do not count: an upstream may have been told to give none.
  static constexpr std::size_t kInFlight = 32;
  static constexpr std::chrono::seconds kForgotten{3};

  // Connects all, and begins to send, on a thread of its own.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Crowd>> start(const CrowdOptions& options);
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd();

  // No new lines from here on; answers are still read.
  void stop_sending() { sending_ = false; }
  // Lines that have no answer yet, or that the kernel has not taken.
  [[nodiscard]] std::size_t unanswered() const { return unanswered_; }
  // Lines that the kernel has taken.
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  // How long nothing has come for any client.
  [[nodiscard]] std::chrono::nanoseconds silence() const;
  // Ends all connections, once.
  [[nodiscard]] std::vector<ClientHistory> end();

 private:
  class Client;

  Crowd(std::vector<std::unique_ptr<Client>> clients, std::chrono::milliseconds pace);

  void run();
  // When the next line is due.
  [[nodiscard]] Nanos send_due(Nanos now);
  void serve(int timeout_ms);

  const std::vector<std::unique_ptr<Client>> clients_;  // of the thread, but in end()
  const Nanos pace_;
  const int epoll_;
  std::vector<Nanos> due_;  // of the thread, by client
  std::atomic<bool> sending_ = true;
  std::atomic<bool> over_ = false;
  std::atomic<std::size_t> unanswered_ = 0;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<Nanos> last_news_;
  std::thread thread_;
};

}  // namespace waymark::lab
