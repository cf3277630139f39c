// What a link tells its owner, and what it counts.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/buckets.h"
#include "link/batch_queue.h"
#include "wire/command.h"
#include "wire/lifecycle.h"

namespace waymark::link {

class Link;

enum class ProtocolKind : std::uint8_t { link, legacy };

// What a link tells its owner, on the worker's thread.
class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  virtual void link_ready(Link& link) = 0;
  // A link that was ready is no more; `batches` are the owner's now.
  virtual void link_lost(Link& link, std::string_view why, std::vector<LostBatch> batches) = 0;
  // It does not become ready, or not soon. Told once for the same `why` in a row.
  virtual void link_failed(Link& link, std::string_view why) = 0;
  virtual void link_command(Link& link, const wire::Command& command) = 0;
  // The commands of one received message are over; their views end with this call.
  virtual void link_commands_end(Link& link) = 0;
  // InboundEvents.
  virtual void link_acked(Link& link, const session::Ledger::Entry& entry) = 0;
  virtual void link_nacked(Link& link, const wire::Nack& nack) = 0;
  // Outstanding events became fewer.
  virtual void link_has_room(Link& link) = 0;
};

struct LinkCounters {
  std::uint64_t events_sent = 0;  // of completed writes
  std::uint64_t frames_sent = 0;  // payload events that are written, or acked by those that ack
  std::uint64_t batches_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t times_ready = 0;
  std::uint64_t times_lost = 0;
  std::uint64_t times_failed = 0;  // to become ready
  std::uint64_t malformed = 0;     // messages that could not be read
  FrameBuckets batch_frames;       // of batches_sent
  TimeBuckets up;                  // of each batch with frames: its first received -> it is written
  TimeBuckets down;                // of each message: received -> its commands are carried out

  void add(const LinkCounters& other);
};

}  // namespace waymark::link
