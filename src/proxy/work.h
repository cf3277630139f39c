// What a pool keeps that gives the frames of one connection to several upstreams (dispatcher.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "proxy/settings.h"
#include "session/delayed_frames.h"
#include "session/seats.h"
#include "session/work_queue.h"
#include "waymark/mark.h"

namespace waymark::proxy {

struct Work {
  explicit Work(Dispatch kind)
      : dispatch(kind),
        queue(kind == Dispatch::frame_ordered ? session::WorkQueue::Order::one_at_a_time
                                              : session::WorkQueue::Order::any) {}

  // A frame that is out at an upstream that does not ack: over when its batch is written.
  struct Unacked {
    Mark mark;
    std::uint32_t batch = 0;
  };
  // Frames of this connection wait, for an upstream or for their time.
  [[nodiscard]] bool waits(const Mark& mark) const {
    return queue.waits(mark) || delayed.waits(mark);
  }
  [[nodiscard]] std::size_t frames() const { return queue.frames() + delayed.frames(); }

  const Dispatch dispatch;
  session::WorkQueue queue;
  session::Seats seats;
  // The Closed of connections that have ended, while frames of theirs wait.
  absl::flat_hash_map<Mark, std::string> ended;
  // With Dispatch::frame_ordered, by upstream, in the order they were sent.
  absl::flat_hash_map<std::uint32_t, std::deque<Unacked>> unacked;
  session::DelayedFrames delayed;
  std::uint64_t next_frame = 0;  // ticket of the next frame
  std::size_t charged = 0;       // bytes counted for the queue in the MemoryBudget
};

}  // namespace waymark::proxy
