// One client's state: what it sent, what it was sent, where it is served and when it is overdue.
//
//            client ends (FIN)                     upstream HalfCloses
//   up: open -----------------> ended      down: open ---------------> ended
//   both ended: CLIENT_CLOSED. Any other reason of ending.h ends both at once.
//
// Pure: time is an argument (milliseconds of a steady clock), nothing here reads a clock or socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "session/answer_watch.h"
#include "session/share.h"
#include "session/spread.h"
#include "waymark/close_reason.h"
#include "waymark/mark.h"

namespace waymark::session {

using Ms = std::uint64_t;

struct Deadlines {
  Ms frame_timeout = 30'000;
  Ms idle_timeout = 3'600'000;
  Ms half_close_timeout = 30'000;
  Ms no_upstream_timeout = 120'000;
  Ms down_soft_timeout = 10'000;
  Ms max_age = 0;                 // 0: as old as it gets
  std::uint64_t age_jitter = 10;  // percent of max_age, more or less
};

class Session {
 public:
  static constexpr std::uint32_t kNoUpstream = 0xffffffff;

  Session(const Mark& mark, Ms now)
      : mark_(mark), opened_at_(now), last_activity_(now), last_output_(now), held_since_(now) {}

  [[nodiscard]] const Mark& mark() const { return mark_; }
  void set_mark(const Mark& mark) { mark_ = mark; }
  [[nodiscard]] Ms opened_at() const { return opened_at_; }

  // --- up: client -> upstream ---

  // A whole frame of `size` bytes was read; answers its seq.
  std::uint64_t add_frame(std::size_t size, Ms now) {
    bytes_up_ += size;
    last_frame_ = now;
    return ++last_seq_;
  }
  [[nodiscard]] std::uint64_t last_seq() const { return last_seq_; }
  // Of the frames up to `seq` none will come again. 0 while no upstream has acked.
  void set_last_acked(std::uint64_t seq) { last_acked_ = seq; }
  [[nodiscard]] std::uint64_t last_acked() const { return last_acked_; }
  [[nodiscard]] std::uint64_t bytes_up() const { return bytes_up_; }

  // Bytes were read. `unfinished`: some belong to a frame that has not ended; `progressed`: at
  // least one frame ended with them, so that the unfinished one began with them.
  void add_input(bool unfinished, bool progressed, Ms now) {
    last_activity_ = now;
    if (!unfinished) {
      frame_started_ = 0;
    } else if (progressed || frame_started_ == 0) {
      frame_started_ = now;
    }
  }

  void end_up(Ms now) {
    up_ended_ = true;
    frame_started_ = 0;
    last_output_ = now;  // half_close_timeout counts from here
  }
  [[nodiscard]] bool up_ended() const { return up_ended_; }

  // Spoke within `within` milliseconds.
  [[nodiscard]] bool active(Ms within, Ms now) const {
    return last_seq_ > 0 && now - last_frame_ <= within;
  }

  [[nodiscard]] Ms last_frame_at() const { return last_frame_; }

  [[nodiscard]] Share& share() { return share_; }
  [[nodiscard]] const Share& share() const { return share_; }
  [[nodiscard]] AnswerWatch& answers() { return answers_; }

  // --- down: upstream -> client ---

  void add_output(std::size_t size, Ms now) {
    bytes_down_ += size;
    ++frames_down_;
    last_activity_ = now;
    last_output_ = now;
  }
  [[nodiscard]] std::uint64_t frames_down() const { return frames_down_; }
  [[nodiscard]] std::uint64_t bytes_down() const { return bytes_down_; }

  // The queue towards the client now holds more than the soft limit, or no longer does. Answers
  // whether that is news.
  bool set_queue_high(bool high, Ms now) {
    if (high == (high_since_ != 0)) return false;
    high_since_ = high ? now : 0;
    return true;
  }

  // The upstream has asked for time: half_close_timeout counts from here.
  void wait_for_output(Ms now) { last_output_ = now; }

  void end_down() { down_ended_ = true; }
  [[nodiscard]] bool down_ended() const { return down_ended_; }
  [[nodiscard]] bool both_ended() const { return up_ended_ && down_ended_; }

  // --- where it is served ---

  void attach(std::uint32_t upstream, Ms now) {
    upstream_ = upstream;
    ++epoch_;
    share_.clear();
    answers_.clear();
    last_output_ = now;
  }
  // The client was moved away from `upstream`, which may still answer what it was sent.
  void set_former(std::uint32_t upstream) { former_ = upstream; }
  // `upstream` may not answer any more.
  void forget_former(std::uint32_t upstream) {
    if (former_ == upstream) former_ = kNoUpstream;
  }
  // `upstream` serves the client, or did until it moved.
  [[nodiscard]] bool belongs_to(std::uint32_t upstream) const {
    return upstream != kNoUpstream && (upstream_ == upstream || former_ == upstream);
  }
  void detach(Ms now) {
    upstream_ = kNoUpstream;
    held_since_ = now;
  }
  [[nodiscard]] bool attached() const { return upstream_ != kNoUpstream; }
  [[nodiscard]] std::uint32_t upstream() const { return upstream_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }

  // The reason to close now, if a deadline has passed. `reading`: the proxy reads from the client;
  // a client that is paused cannot finish its frame.
  [[nodiscard]] std::optional<CloseReason> overdue(const Deadlines& deadlines, bool reading,
                                                   Ms now) const;
  // It is older than it may get.
  [[nodiscard]] bool too_old(const Deadlines& deadlines, Ms now) const {
    return deadlines.max_age != 0 &&
           now - opened_at_ >= with_jitter(mark_, deadlines.max_age, deadlines.age_jitter);
  }
  // How long no byte has passed either way.
  [[nodiscard]] Ms silent_for(Ms now) const { return now - last_activity_; }
  // Reading goes on after a pause: the unfinished frame gets its whole time again.
  void resume_reading(Ms now) {
    if (frame_started_ != 0) frame_started_ = now;
  }

 private:
  Mark mark_;
  std::uint64_t last_seq_ = 0;
  std::uint64_t last_acked_ = 0;
  std::uint64_t frames_down_ = 0;
  std::uint64_t bytes_up_ = 0;
  std::uint64_t bytes_down_ = 0;
  Ms opened_at_;
  Ms last_activity_;
  Ms last_output_;
  Ms last_frame_ = 0;
  Ms frame_started_ = 0;  // 0: no frame is unfinished
  Ms high_since_ = 0;     // 0: the queue is below the soft limit
  Ms held_since_;         // only while not attached
  std::uint32_t upstream_ = kNoUpstream;
  std::uint32_t former_ = kNoUpstream;
  std::uint32_t epoch_ = 0;
  Share share_;
  AnswerWatch answers_;
  bool up_ended_ = false;
  bool down_ended_ = false;
};

}  // namespace waymark::session
