// What an upstream is told of its clients.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waymark/close_reason.h"
#include "waymark/mark.h"
#include "waymark/refusal.h"

namespace waymark {

// A connection is now served by this upstream. Comes before its first frame; never from a proxy
// that speaks the legacy protocol.
struct Opened {
  Mark mark;
  std::string peer;               // "address:port" of the client
  std::string local;              // "address:port" the client connected to
  std::string listener;           // name of the listener
  std::uint64_t incarnation = 0;  // grows each time the same mark connects again
  std::uint32_t epoch = 0;        // grows each time the connection moves to another upstream
  bool resumed = false;           // the connection is older than its place on this upstream
  std::uint64_t next_seq = 0;     // number its next frame will have
};

// One frame of a client.
struct Frame {
  Mark mark;
  std::uint64_t seq = 0;          // from 1, without gaps; 0 from the legacy protocol
  std::uint32_t attempt = 1;      // above 1: this frame may have been delivered before
  std::uint64_t received_at = 0;  // Unix nanoseconds at the proxy; 0: unknown
  std::string_view payload;       // valid during the call only
};

// The last thing to be said of a connection that was opened here.
struct Closed {
  Mark mark;
  CloseReason reason = CloseReason::unspecified;  // unspecified: the link to the proxy was lost
  std::uint64_t last_seq = 0;                     // of the last frame read from the client
  std::uint64_t unfinished_bytes = 0;             // read, but never a whole frame
  std::uint64_t written_bytes = 0;                // given to the client's socket
};

// Something sent to `mark` was not written.
struct Undeliverable {
  Mark mark;
  Refusal reason = Refusal::unspecified;
};

}  // namespace waymark
