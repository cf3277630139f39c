// What one worker has counted. Touched by its thread alone; others get copies (snapshot.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/buckets.h"
#include "identity/identity.h"
#include "waymark/close_reason.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

// What the clients of one listener did.
struct ListenerTraffic {
  std::size_t connections = 0;    // now
  std::uint64_t opened = 0;       // connections taken over
  std::uint64_t frames_up = 0;    // whole frames read from clients
  std::uint64_t bytes_up = 0;     // payload bytes of those
  std::uint64_t frames_down = 0;  // payloads given to clients' sockets
  std::uint64_t bytes_down = 0;
};

// What became of the TLS handshakes of newcomers.
enum class TlsHandshakeResult : std::uint8_t {
  accepted,
  untrusted,  // the client's certificate is refused, or missing
  failed,
  ended,  // by the client
  late,
};
inline constexpr std::size_t kTlsHandshakeResults = 5;

// What became of the frames one upstream was given.
struct UpstreamCounts {
  std::uint64_t former_frames = 0;   // sent over links it had before the one it has
  std::uint64_t answers = 0;         // Sends for one connection that were carried out
  std::uint64_t failed_answers = 0;  // of those, the ones that report a failure (Send.error)
  std::uint64_t timed_out = 0;       // frames it had and did not answer within reply_timeout
  std::uint64_t given_up = 0;        // frames it had last that became dead letters
  std::uint64_t taken_back = 0;      // of those two, the ones that do not count as sent

  void add(const UpstreamCounts& other) {
    former_frames += other.former_frames;
    answers += other.answers;
    failed_answers += other.failed_answers;
    timed_out += other.timed_out;
    given_up += other.given_up;
    taken_back += other.taken_back;
  }
};

struct Counters {
  std::vector<ListenerTraffic> listeners;             // by slot
  std::array<std::uint64_t, kCloseReasons> closed{};  // connections, by reason
  std::uint64_t input_discarded_bytes = 0;            // read or left unread at the end
  std::uint64_t input_skipped_bytes = 0;              // between frames (Framing::resync)
  std::uint64_t frames_discarded_in_doubt = 0;        // on_doubt: drop
  std::uint64_t frames_discarded_too_large = 0;       // larger than the upstream accepts
  std::uint64_t frames_discarded_unanswered = 0;      // taken away after reply_timeout
  std::uint64_t reply_timeouts = 0;                   // those, and of upstreams that do not ack
  std::uint64_t frames_discarded_at_exit = 0;         // still queued when the process ended
  std::uint64_t frames_copied = 0;                    // to further upstreams of Dispatch::all
  std::uint64_t frames_copies_dropped = 0;            // with their link; others have the frame
  std::uint64_t frames_redelivered = 0;               // written again to another link
  std::uint64_t frames_given_up = 0;                  // dead letters
  std::uint64_t frames_replayed = 0;                  // dead letters given to an upstream again
  // Connections of listeners with identity rules, by where their mark has come from.
  std::array<std::uint64_t, identity::kSources> identified{};
  std::uint64_t moved = 0;                               // connections that changed upstream
  std::array<std::uint64_t, wire::kRefusals> refused{};  // commands not done, by reason
  std::uint64_t commands_ignored = 0;                    // not understood by this version
  std::uint64_t commands_forwarded = 0;                  // to the worker that has the mark
  std::uint64_t reads_paused = 0;                        // for want of room on a link
  std::uint64_t reads_paused_for_memory = 0;
  std::uint64_t reads_paused_for_bytes = 0;                          // max_bytes_per_second
  std::uint64_t reads_paused_for_frames = 0;                         // max_frames_per_second
  std::array<std::uint64_t, kTlsHandshakeResults> tls_handshakes{};  // by result
  TimeBuckets loop_lag;                                              // how late each tick came
};

}  // namespace waymark::proxy
