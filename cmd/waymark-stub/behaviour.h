// What the stub does with the frames it gets. It may be changed while the stub runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "reply_template.h"

namespace waymark::stub {

// Made and changed by set(), so that `reply`, `answer` and `text` say the same.
struct Behaviour {
  enum class Answer { echo, none, upper, from_template };
  enum class Ack {
    automatic,  // a frame is acked by its answer, or by getting none
    late,       // the answer is sent at once and on its own, the ack waits for `delay`
    never,      // the answer likewise; the frame stays unfinished
    duplicate,  // the answer likewise, and once more after `delay`, as the ack
  };

  std::string reply = "echo";  // as it was written
  Answer answer = Answer::echo;
  ReplyTemplate text;  // from_template only
  Ack ack = Ack::automatic;
  std::chrono::nanoseconds delay{0};      // before each answer, or ack if that is apart
  std::chrono::nanoseconds jitter{0};     // on top of it, at random up to this
  std::chrono::nanoseconds slow_read{0};  // in the handler, at each frame
  double failure = 0;                     // share of the frames that fail, 0 to 1
  double drop = 0;                        // share of the frames that are never finished, 0 to 1
  std::uint64_t crash_after = 0;          // frames since it was set; 0: never
  std::uint64_t hang_after = 0;           // likewise

  // Frames may stay unfinished.
  [[nodiscard]] bool keeps_frames() const { return ack == Ack::never || drop > 0; }
};

// Each value as text, by name: {"delay", "200ms"}. set() takes what is written here.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string>> values_of(
    const Behaviour& behaviour);

// InvalidArgument for a name that is none or a value it cannot have, naming what is allowed;
// `behaviour` is then as it was.
[[nodiscard]] absl::Status set(Behaviour& behaviour, std::string_view name,
                               const std::string& text);

}  // namespace waymark::stub
