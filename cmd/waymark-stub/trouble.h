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

  // `crash_after` and `hang_after` count from here.
  void count_anew() { frames_.store(0, std::memory_order_relaxed); }

  // Whether this frame is one of a share of 0 to 1.
  [[nodiscard]] bool hits(double share);

 private:
  std::atomic<std::uint64_t> frames_ = 0;
  std::mutex mutex_;
  std::minstd_rand dice_{std::random_device()()};
};

}  // namespace waymark::stub
