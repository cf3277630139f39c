// What goes wrong with this upstream on purpose.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <random>

#include "behaviour.h"

namespace waymark::stub {

// Safe on any thread.
class Trouble {
 public:
  // In the handler, once for each frame: takes its time; aborts, or does not return.
  void take_frame(const Behaviour& behaviour);

  // `crash_after`, or `hang_after`, counts from here.
  void count_to_crash_anew() { to_crash_.store(0, std::memory_order_relaxed); }
  void count_to_hang_anew() { to_hang_.store(0, std::memory_order_relaxed); }

  // Whether this frame is one of a share of 0 to 1.
  [[nodiscard]] bool hits(double share);

 private:
  std::atomic<std::uint64_t> to_crash_ = 0;  // frames, while there is a number to count to
  std::atomic<std::uint64_t> to_hang_ = 0;
  std::mutex mutex_;
  std::minstd_rand dice_{std::random_device()()};
};

}  // namespace waymark::stub
