// How long an upstream takes to answer: one frame of a connection at a time is watched, so that a
// connection costs 16 bytes however many frames it has under way.
#pragma once

#include <cstdint>
#include <optional>

#include "base/unix_clock.h"

namespace waymark::session {

// Times are nanoseconds since 1970, as frames are stamped; the clock may be set back.
class AnswerWatch {
 public:
  // A frame was read that answers will name by `seq`: its number, or that of its delivery. Never 0.
  // It is watched unless another one is; one that is not answered
  // after kPatience makes way, since not every frame gets an answer.
  void frame(std::uint64_t seq, std::uint64_t received_at) {
    if (seq_ != 0 && received_at - received_at_ < kPatience) return;
    seq_ = seq;
    received_at_ = received_at;
  }

  [[nodiscard]] bool watches(std::uint64_t seq) const { return seq_ != 0 && seq_ == seq; }

  // Frame `seq` was answered. The time since it was read, if it is the one that is watched.
  [[nodiscard]] std::optional<std::uint64_t> answered(std::uint64_t seq, std::uint64_t now) {
    if (!watches(seq)) return std::nullopt;
    seq_ = 0;
    return ns_between(received_at_, now);
  }

  // The connection moved to another upstream.
  void clear() { seq_ = 0; }

 private:
  static constexpr std::uint64_t kPatience = 10'000'000'000;

  std::uint64_t seq_ = 0;  // 0: none
  std::uint64_t received_at_ = 0;
};

}  // namespace waymark::session
