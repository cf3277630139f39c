// One connection's frames, both ways, without its socket: what to send next, and whether what came
// back is what was sent.
//
//              oldest_           sending_            next_
//   answered      |   sent, awaited   |   not yet sent  |   not yet wanted
//
// When an upstream dies, answers may be missing. The stream is then picked up again at the next
// header of this connection, and the gap is told from corruption: the bytes before that header must
// be bytes that were sent there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "load/payload.h"
#include "load/tally.h"

namespace waymark::load {

class Conversation {
 public:
  // `payloads` must outlive this. `connection` must be unique in the run.
  Conversation(const Payloads& payloads, std::uint32_t connection)
      : payloads_(&payloads), connection_(connection) {}

  // One more frame is to be sent; its latency counts from `since`.
  void enqueue(Time since);

  [[nodiscard]] bool has_unsent() const { return sending_ != next_; }

  // Copies the next bytes to send; returns how many. They stay unsent until mark_sent().
  std::size_t copy_unsent(char* out, std::size_t capacity) const;
  void mark_sent(std::size_t bytes, Tally& tally);

  // Checks what came from the peer at `now`.
  void receive(std::string_view bytes, Time now, Tally& tally);

  // Gives up on frames whose latency counts from before `before`. Their answers, should they still
  // come, are late.
  void expire(Time before, Tally& tally);

  // No more will come: what was sent and not answered is lost.
  void finish(Tally& tally);

  [[nodiscard]] std::uint32_t connection() const { return connection_; }
  [[nodiscard]] std::uint32_t enqueued() const { return next_; }
  [[nodiscard]] std::uint32_t awaited() const { return next_ - oldest_; }

  // The stream cannot be followed any more: the connection is of no further use.
  [[nodiscard]] bool is_broken() const { return broken_; }

 private:
  // A place in the sent stream.
  struct Place {
    std::uint32_t frame;
    std::size_t offset;
  };

  // Frames below this were sent, at least in part.
  [[nodiscard]] std::uint32_t begun() const { return sending_ + (sent_offset_ > 0 ? 1 : 0); }
  [[nodiscard]] Time& since(std::uint32_t frame) { return since_[frame & (since_.size() - 1)]; }

  void complete(Time now, Tally& tally);
  void give_up_before(std::uint32_t frame, Tally& tally);

  void start_hunt(const FrameImage& image, std::size_t matched, Tally& tally);
  [[nodiscard]] bool find_header(Tally& tally);
  void resume(Place place, Tally& tally);
  [[nodiscard]] bool is_gap(std::string_view skipped, Place resumed) const;
  [[nodiscard]] std::size_t match_forward(std::string_view bytes) const;
  [[nodiscard]] std::size_t match_backward(std::string_view bytes, Place end) const;
  void break_off(Tally& tally);

  const Payloads* payloads_;
  std::uint32_t connection_;

  std::uint32_t oldest_ = 0;
  std::uint32_t sending_ = 0;
  std::uint32_t next_ = 0;
  std::size_t sent_offset_ = 0;  // bytes of frame sending_ that were sent
  std::vector<Time> since_;      // ring over [oldest_, next_), its size a power of two

  std::uint32_t reading_ = 0;    // the frame whose bytes are due: oldest_, or one that came again
  std::size_t read_offset_ = 0;  // bytes of it that came

  bool hunting_ = false;
  bool broken_ = false;
  std::size_t hunt_from_ = 0;         // where in hunted_ a header may begin
  std::string hunted_;                // everything since the start of frame reading_
  std::set<std::uint32_t> given_up_;  // lost frames whose answers may still come
};

}  // namespace waymark::load
