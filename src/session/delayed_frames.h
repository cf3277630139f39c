// Frames that upstreams have refused for now, each until its own time. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "session/work_queue.h"
#include "waymark/mark.h"

namespace waymark::session {

struct DelayedFrame {
  Mark mark;
  std::uint32_t upstream = 0;  // that refused it
  std::uint64_t due_ms = 0;
  QueuedFrame frame;
};

class DelayedFrames {
 public:
  void hold(DelayedFrame frame);
  // A frame of this connection is among them.
  [[nodiscard]] bool waits(const Mark& mark) const { return count_of_.contains(mark); }

  // Takes out those that are due, that were received before `unix_ns`, that this upstream refused,
  // in the order they were held.
  [[nodiscard]] std::vector<DelayedFrame> take_due(std::uint64_t now_ms);
  [[nodiscard]] std::vector<DelayedFrame> take_late(std::uint64_t unix_ns);
  [[nodiscard]] std::vector<DelayedFrame> take_of(std::uint32_t upstream);

  [[nodiscard]] std::size_t frames() const { return frames_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // of the payloads

 private:
  [[nodiscard]] std::vector<DelayedFrame> take(absl::FunctionRef<bool(const DelayedFrame&)> wanted);

  std::vector<DelayedFrame> frames_;
  absl::flat_hash_map<Mark, std::size_t> count_of_;
  std::size_t bytes_ = 0;
};

}  // namespace waymark::session
