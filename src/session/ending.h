// How a connection ends: the one table that says what becomes of what is still under way.
// docs/endings.md shows it; a test holds the two equal.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "waymark/close_reason.h"

namespace waymark::session {

// What happens to bytes that were queued for the client.
enum class QueuedOutput : std::uint8_t {
  written,  // written first, for as long as a slow client may be slow
  dropped,
};

// How the socket ends.
enum class SocketEnd : std::uint8_t {
  closed,  // both directions have ended already, or the socket is broken
  fin,     // FIN; what the client still sends is read and discarded for a while
  reset,   // RST
};

// What happens to the bytes read of a frame that never ended, and to bytes not read yet.
enum class UnreadInput : std::uint8_t {
  none,       // the client had ended its direction: there is none
  discarded,  // counted; unfinished bytes are reported in Closed
};

struct Ending {
  CloseReason reason;
  UnreadInput input;
  QueuedOutput output;
  SocketEnd socket;
  std::string_view when;
  bool goodbye = false;  // the listener's goodbye is written behind what was queued
};

// In every row the events read before the end stay on their way to the upstream, followed by
// Closed: whatever was read is delivered.
[[nodiscard]] const Ending& ending_of(CloseReason reason);

// All rows, in the order of CloseReason.
[[nodiscard]] std::span<const Ending> endings();

// The table as Markdown.
[[nodiscard]] std::string endings_table();

}  // namespace waymark::session
