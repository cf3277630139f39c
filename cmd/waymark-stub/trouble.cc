#include "trouble.h"

#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace waymark::stub {

void Trouble::take_frame(const Behaviour& behaviour) {
  const std::uint64_t before = frames_.fetch_add(1, std::memory_order_relaxed);
  if (behaviour.crash_after > 0 && before >= behaviour.crash_after) std::abort();
  if (behaviour.hang_after > 0 && before >= behaviour.hang_after) {
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
