// One thread of the load generator: an epoll loop over its share of the connections.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "load/client.h"
#include "load/descriptor.h"
#include "load/options.h"
#include "load/payload.h"
#include "load/tally.h"

namespace waymark::load {

// What a run goes through, in this order; set by the conductor, read by the workers.
enum class Phase : std::uint8_t {
  opening,    // connections come to be (not for churn, which opens all the time)
  holding,    // they are kept silent
  warming,    // traffic, latency not recorded
  measuring,  // traffic, latency recorded
  draining,   // nothing new; answers are awaited
  stopped,
};

// Where conductor and workers meet.
struct Stage {
  std::atomic<Phase> phase{Phase::opening};
  std::atomic<std::size_t> opened{0};    // workers whose connections all came to be, or failed
  std::atomic<std::size_t> finished{0};  // workers that have nothing to send or await any more
  Descriptor news;                       // an eventfd: one of these two grew
};

// Constructed, called from outside and destroyed on the conductor's thread; run() is the thread.
class Worker {
 public:
  // Serves the connections i with i % options.threads == index. All arguments must outlive this.
  Worker(const Options& options, const Endpoint& endpoint, const Payloads& payloads, Stage& stage,
         std::size_t index);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Works until the phase is stopped.
  void run();

  // Makes run() look at the phase. From any thread.
  void wake();

  // Counters: from any thread; everything else once run() has returned.
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  struct Slot {
    Client client;
    std::uint32_t frames_left;  // to be enqueued, over all connections the slot will have
  };

  void enter(Phase phase);
  void open_due(Time now);
  void release_due(Time now);
  void tick(Time now);
  void tell_progress();
  [[nodiscard]] Time next_deadline(Time now) const;
  void wait(Time now);

  void on_ready(Slot& slot, std::uint32_t events);
  void on_connected(Slot& slot);
  void on_connect_failed(Slot& slot);
  void top_up(Slot& slot, Time now);
  void settle(Slot& slot, std::uint32_t awaited_before);
  void enqueue(Slot& slot, Time since);
  void retire(Slot& slot);
  void rest(Slot& slot);

  [[nodiscard]] bool has_traffic() const {
    return phase_ == Phase::warming || phase_ == Phase::measuring;
  }
  [[nodiscard]] bool has_releases() const {
    return options_.rate > 0 && has_traffic() && frames_left_ > 0;
  }
  [[nodiscard]] bool is_churn() const { return options_.mode == Mode::churn; }
  [[nodiscard]] bool may_open() const {
    return is_churn() ? has_traffic() : phase_ == Phase::opening;
  }
  [[nodiscard]] Time release_time(std::uint64_t n) const;

  const Options& options_;
  const Endpoint& endpoint_;
  const Payloads& payloads_;
  Stage& stage_;
  const std::size_t index_;

  Descriptor epoll_;
  Descriptor wakeup_;
  std::vector<char> scratch_;
  Tally tally_;
  Phase phase_ = Phase::opening;

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;     // slots to be opened, the next one last
  std::vector<std::uint32_t> resting_;  // slots that failed: free again at the next tick
  std::uint32_t next_connection_;
  std::size_t connecting_ = 0;
  std::uint64_t awaiting_ = 0;  // frames enqueued and not answered
  std::uint64_t frames_left_ = 0;

  Time opening_since_;
  std::uint64_t opens_ = 0;
  Time releasing_since_;
  std::uint64_t releases_ = 0;
  std::size_t next_release_slot_ = 0;
  Time next_tick_;
  bool told_opened_ = false;
  bool told_finished_ = false;
};

}  // namespace waymark::load
