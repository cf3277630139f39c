#include "trouble.h"

#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace waymark::stub {

void Trouble::take_frame(const Behaviour& behaviour) {
  const auto is_due = [](std::atomic<std::uint64_t>& frames, std::uint64_t after) {
    return after > 0 && frames.fetch_add(1, std::memory_order_relaxed) >= after;
  };
  if (is_due(to_crash_, behaviour.crash_after)) std::abort();
  if (is_due(to_hang_, behaviour.hang_after)) {
    for (;;) ::pause();
  }
  if (behaviour.slow_read.count() > 0) std::this_thread::sleep_for(behaviour.slow_read);
}

bool Trouble::hits(double share) {
  if (share <= 0) return false;
  std::lock_guard lock(mutex_);
  return std::uniform_real_distribution<>(0, 1)(dice_) < share;
}

}  // namespace waymark::stub
