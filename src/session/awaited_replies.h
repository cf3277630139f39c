// Frames an upstream was given and has not answered, where it does not ack: which frame an answer
// is one to, and which were not answered in time. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "waymark/mark.h"

namespace waymark::session {

class AwaitedReplies {
 public:
  // The upstream was given frame `seq`, read at `received_at` (Unix nanoseconds).
  void ask(const Mark& mark, std::uint64_t seq, std::uint64_t received_at);

  enum class Reply : std::uint8_t {
    unasked,   // no such frame is out, or none at all
    in_time,   // the frame is answered now
    too_late,  // it was given up before; it is forgotten now
  };
  // An answer that names the frame, and one that does not and so belongs to the oldest.
  [[nodiscard]] Reply answered(const Mark& mark, std::uint64_t seq);
  [[nodiscard]] Reply answered_oldest(const Mark& mark);

  // Gives up the frames that were read before `unix_ns`: `visit` is called for each, once. They are
  // remembered as long as `may_come(mark)` says that their answers may still come.
  using Visit = absl::FunctionRef<void(const Mark& mark, std::uint64_t seq)>;
  using MayCome = absl::FunctionRef<bool(const Mark& mark)>;
  void expire(std::uint64_t unix_ns, Visit visit, MayCome may_come);
  // The frame was given up, and is remembered.
  [[nodiscard]] bool gave_up(const Mark& mark, std::uint64_t seq) const;

  // The upstream is lost: its frames are awaited in `to` from now on, for expire() alone.
  void move_open_to(AwaitedReplies& to);

  // Frames that are out, and all whose answers may come.
  [[nodiscard]] std::size_t open() const { return open_; }
  [[nodiscard]] std::size_t remembered() const { return remembered_; }

 private:
  struct Question {
    std::uint64_t seq = 0;
    std::uint64_t received_at = 0;
    bool given_up = false;
  };
  using Questions = std::deque<Question>;
  [[nodiscard]] Reply close(absl::flat_hash_map<Mark, Questions>::iterator of,
                            Questions::iterator question);

  absl::flat_hash_map<Mark, Questions> questions_;
  std::size_t open_ = 0;
  std::size_t remembered_ = 0;
};

}  // namespace waymark::session
