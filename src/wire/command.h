// Commands, upstream -> proxy: `Command` of proto/waymark/link/v1/link.proto. Twin of event.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waymark/mark.h"
#include "wire/bytes.h"
#include "wire/cursor.h"
#include "wire/event.h"

namespace waymark::wire {

// The values are field numbers.
enum class TargetKind : std::uint32_t {
  none = 0,
  mark = 1,
  name = 2,
  group = 3,
  broadcast = 4,
};

enum class ActionKind : std::uint32_t {
  none = 0,  // also: an action this version does not know
  send = 5,
  ack = 6,
  close = 7,
  half_close = 8,
  pong = 9,
  nack = 10,
  set_attributes = 16,
  join = 17,
  leave = 18,
  bind = 19,
  unbind = 20,
  lookup = 21,
  relay = 22,
  drain = 23,
  set_mark = 24,
};

enum class Scope : std::int32_t { unspecified = 0, all = 1, active = 2, inactive = 3 };

struct Command {
  TargetKind target = TargetKind::none;
  Mark mark;                         // target mark: nil unless 16 bytes were given
  Scope scope = Scope::unspecified;  // target broadcast
  std::uint64_t within_ms = 0;       // target broadcast; 0: the pool's setting
  Bytes target_text;                 // target name, group

  ActionKind action = ActionKind::none;
  Bytes payload;                  // send
  std::uint64_t reply_to = 0;     // send
  std::uint64_t receipt = 0;      // send
  bool error = false;             // send
  std::uint64_t incarnation = 0;  // send; 0: whichever there is
  std::uint64_t nonce = 0;        // pong
  Bytes body;                     // every other action, unread; the last one, should it come twice
};

// Reads the commands of a FromUpstream one by one; other fields are passed over.
class CommandReader {
 public:
  explicit CommandReader(Pieces message) : cursor_(message) {}

  // The command's views are valid while the message is.
  [[nodiscard]] ReadResult next(Command& command);

 private:
  Cursor cursor_;
};

// Appends one entry of FromUpstream.commands; entries one after the other are a whole message.
// For a `send`, `payload` is its payload; for a `pong`, `nonce` its number; for others `body`.
void add_command(std::string& out, const Command& command);

}  // namespace waymark::wire
