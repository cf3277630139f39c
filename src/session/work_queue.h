// Frames of one pool that wait for an upstream that may take them: each connection's in a line of
// its own, by seq. The lines take turns, so that who sends much delays nobody but himself.
//
//   one_at_a_time   a line rests from the moment a frame of it went out until that one is finished
//
// Pure: who takes a frame, and when, is told from outside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "waymark/mark.h"

namespace waymark::session {

struct QueuedFrame {
  std::uint64_t seq = 0;
  std::uint64_t received_at = 0;  // Unix nanoseconds
  std::uint32_t attempt = 0;      // above 1: it may have arrived before
  std::string payload;
};

class WorkQueue {
 public:
  enum class Order : std::uint8_t { any, one_at_a_time };

  explicit WorkQueue(Order order) : order_(order) {}

  // Joins its line where its seq belongs, so that one that comes again is not behind its followers.
  void push(const Mark& mark, QueuedFrame frame);
  // Frames of this connection wait.
  [[nodiscard]] bool waits(const Mark& mark) const;
  // A new frame of this connection need not join a line: nothing of it waits or has to be finished.
  [[nodiscard]] bool may_pass(const Mark& mark) const { return !lines_.contains(mark); }

  // A frame of this connection went out without having been queued.
  void passed(const Mark& mark);
  // The frame that went out is done with, or comes again.
  void finished(const Mark& mark);

  // Whose turn it is; nullptr if nobody's frame may go out. Valid until the queue changes.
  [[nodiscard]] const Mark* turn();
  // The frame of turn().
  [[nodiscard]] const QueuedFrame& front() const;
  // It goes out.
  [[nodiscard]] QueuedFrame pop();
  // Nobody will take it: it does not go out.
  [[nodiscard]] QueuedFrame drop();
  // The line of this connection, which has none any more.
  [[nodiscard]] std::deque<QueuedFrame> take(const Mark& mark);

  // Takes out the frames that were received before `unix_ns`.
  using Visit = absl::FunctionRef<void(const Mark& mark, const QueuedFrame& frame)>;
  void expire(std::uint64_t unix_ns, Visit visit);

  [[nodiscard]] std::vector<Mark> marks() const;  // of the connections with a line
  [[nodiscard]] std::size_t frames() const { return frames_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // of the payloads

 private:
  struct Line {
    std::deque<QueuedFrame> frames;
    bool resting = false;  // a frame of it is out
    bool in_turns = false;
  };
  void await_turn(const Mark& mark, Line& line);
  void forget_if_over(const Mark& mark);
  [[nodiscard]] QueuedFrame take_front();

  const Order order_;
  absl::flat_hash_map<Mark, Line> lines_;
  std::deque<Mark> turns_;  // some may have nothing to give any more
  std::size_t frames_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace waymark::session
