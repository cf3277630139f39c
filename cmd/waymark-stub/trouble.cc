#include "trouble.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <thread>

namespace waymark::stub {

void Trouble::take_frame() {
  const std::uint64_t before = frames_.fetch_add(1, std::memory_order_relaxed);
  if (options_.crash_after > 0 && before >= options_.crash_after) std::abort();
  if (options_.hang_after > 0 && before >= options_.hang_after) {
    for (;;) ::pause();
  }
  if (options_.slow_read.count() > 0) std::this_thread::sleep_for(options_.slow_read);
}

bool Trouble::fails() {
  if (options_.failure <= 0) return false;
  std::lock_guard lock(mutex_);
  return std::uniform_real_distribution<>(0, 1)(dice_) < options_.failure;
}

absl::StatusOr<double> parse_percent(std::string_view text) {
  double number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, failure] = std::from_chars(text.data(), last, number);
  if (failure != std::errc() || std::string_view(end, last) != "%" || number < 0 || number > 100) {
    return absl::InvalidArgumentError("\"" + std::string(text) + "\", expected 0% to 100%");
  }
  return number / 100;
}

}  // namespace waymark::stub
