// What goes wrong with this upstream on purpose.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>
#include <string_view>

#include "absl/status/statusor.h"

namespace waymark::stub {

// Safe on any thread.
class Trouble {
 public:
  struct Options {
    std::uint64_t crash_after = 0;          // frames; 0: never
    std::uint64_t hang_after = 0;           // frames; 0: never
    std::chrono::nanoseconds slow_read{0};  // in the handler, at each frame
    double failure = 0;                     // share of the frames that get no answer, 0 to 1
  };

  explicit Trouble(const Options& options) : options_(options) {}

  // In the handler, once for each frame: takes its time; aborts, or does not return.
  void take_frame();

  // Whether this frame gets no answer.
  [[nodiscard]] bool fails();

 private:
  const Options options_;
  std::atomic<std::uint64_t> frames_ = 0;
  std::mutex mutex_;
  std::minstd_rand dice_{std::random_device()()};
};

// "5%" or "0.5%" as a share of 1.
[[nodiscard]] absl::StatusOr<double> parse_percent(std::string_view text);

}  // namespace waymark::stub
