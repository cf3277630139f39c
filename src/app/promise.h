// One answer of the control thread, for a thread that waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status.h"

namespace waymark::app {

// Shared by both threads, so that it outlives one that has given up. What nobody waits for any more
// is not begun, and what has been begun is waited for twice as long: a change which is said to have
// failed has not happened, but for one that was begun and takes longer still.
template <typename Answer>
class Promise {
 public:
  explicit Promise(std::chrono::milliseconds patience) : patience_(patience) {}

  // --- the control thread ---

  // False: nobody waits.
  [[nodiscard]] bool begin() {
    std::lock_guard lock(mutex_);
    begun_ = !given_up_;
    return begun_;
  }
  void keep(absl::StatusOr<Answer> answer) {
    std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
    kept_.notify_one();
  }

  // --- the thread that waits, once ---

  // Unavailable if it is not kept in time.
  [[nodiscard]] absl::StatusOr<Answer> wait() {
    const auto is_kept = [&] { return answer_.has_value(); };
    std::unique_lock lock(mutex_);
    if (!kept_.wait_for(lock, patience_, is_kept) && begun_) {
      (void)kept_.wait_for(lock, patience_, is_kept);
    }
    if (is_kept()) return *std::move(answer_);
    given_up_ = true;
    return error(absl::StatusCode::kUnavailable, "the control thread did not answer within {} s",
                 std::chrono::duration_cast<std::chrono::seconds>(patience_).count());
  }

 private:
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable kept_;
  std::optional<absl::StatusOr<Answer>> answer_;  // guarded by mutex_, as below
  bool begun_ = false;
  bool given_up_ = false;
};

}  // namespace waymark::app
