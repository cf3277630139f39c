// A batch: events on their way to one upstream, already encoded as the ToUpstream they will be.
//
// It describes itself: when a link is lost, its events are read back from the batch (event.h) and
// written into the batch of another link.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/chunk.h"
#include "wire/event.h"

namespace waymark::wire {

struct Batch {
  std::vector<ChunkRange> ranges;  // each holds whole entries
  std::size_t bytes = 0;
  std::size_t events = 0;
  std::size_t frames = 0;               // the payload events among them
  std::uint64_t first_received_at = 0;  // EventHeader::received_at of the first of those
  std::size_t acked_bytes = 0;          // of the events that have a delivery,
  std::size_t acked_events = 0;         // which are outstanding until they are acked
  std::uint64_t last_delivery = 0;      // of the last of those; 0: none has one

  [[nodiscard]] bool empty() const { return events == 0; }
};

// Encodes events into pooled chunks. Successive batches share a chunk.
class BatchWriter {
 public:
  explicit BatchWriter(ChunkPool& pool) : pool_(pool) {}

  // Adds one event to `batch`; answers its encoded size.
  std::size_t append(Batch& batch, const EventHeader& header, EventKind kind,
                     std::string_view body);

  // Where a frame may be written, so that it need not be copied: room for at most `at_most` bytes,
  // valid until the next call of any kind. Nothing is added before append_in_place().
  [[nodiscard]] std::span<char> room_for_frame(std::size_t at_most);
  // Adds the frame that now fills the first `size` bytes of that room; answers the encoded size.
  std::size_t append_in_place(Batch& batch, const EventHeader& header, std::size_t size);

 private:
  // Room for the largest header, and for what follows a body.
  static constexpr std::size_t kRoomBefore = 64;
  static constexpr std::size_t kRoomAfter = 16;
  static constexpr std::size_t kLeastRoom = 16 * 1024;  // less is left unused
  // A frame this small is moved next to the event before it, instead of leaving a gap.
  static constexpr std::size_t kMoved = 2048;

  void take_chunk(std::size_t at_least);
  // What chunk_ holds from `offset` on is now an event of the batch.
  void add_to(Batch& batch, std::size_t offset, std::size_t size, EventKind kind,
              const EventHeader& header);

  ChunkPool& pool_;
  ChunkRef chunk_;
  std::size_t used_ = 0;  // bytes of chunk_ taken by earlier events
};

// Calls `visit(const Event&)` for every event of a batch.
template <typename Visit>
void for_each_event(const Batch& batch, Visit&& visit) {
  for (const ChunkRange& range : batch.ranges) {
    const std::string_view piece = range.bytes();
    EventReader reader(Pieces(&piece, 1));
    Event event;
    while (reader.next(event) == ReadResult::item) visit(event);
  }
}

}  // namespace waymark::wire
