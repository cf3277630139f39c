#include "session/delayed_frames.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace waymark::session {

void DelayedFrames::hold(DelayedFrame frame) {
  bytes_ += frame.frame.payload.size();
  ++count_of_[frame.mark];
  frames_.push_back(std::move(frame));
}

std::vector<DelayedFrame> DelayedFrames::take_due(std::uint64_t now_ms) {
  return take([now_ms](const DelayedFrame& delayed) { return delayed.due_ms <= now_ms; });
}

std::vector<DelayedFrame> DelayedFrames::take_late(std::uint64_t unix_ns) {
  return take(
      [unix_ns](const DelayedFrame& delayed) { return delayed.frame.received_at < unix_ns; });
}

std::vector<DelayedFrame> DelayedFrames::take_of(std::uint32_t upstream) {
  return take([upstream](const DelayedFrame& delayed) { return delayed.upstream == upstream; });
}

std::vector<DelayedFrame> DelayedFrames::take(absl::FunctionRef<bool(const DelayedFrame&)> wanted) {
  if (std::none_of(frames_.begin(), frames_.end(), wanted)) return {};
  const auto first =
      std::stable_partition(frames_.begin(), frames_.end(),
                            [wanted](const DelayedFrame& delayed) { return !wanted(delayed); });
  std::vector<DelayedFrame> taken(std::make_move_iterator(first),
                                  std::make_move_iterator(frames_.end()));
  frames_.erase(first, frames_.end());
  for (const DelayedFrame& delayed : taken) {
    bytes_ -= delayed.frame.payload.size();
    if (--count_of_[delayed.mark] == 0) count_of_.erase(delayed.mark);
  }
  return taken;
}

}  // namespace waymark::session
