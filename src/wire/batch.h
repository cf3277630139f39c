// A batch: events on their way to one upstream, already encoded as the ToUpstream they will be.
//
// It describes itself: when a link is lost, its events are read back from the batch (event.h) and
// written into the batch of another link.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/chunk.h"
#include "wire/event.h"

namespace waymark::wire {

struct Batch {
  std::vector<ChunkRange> ranges;  // each holds whole entries
  std::size_t bytes = 0;
  std::size_t events = 0;
  std::size_t frames = 0;  // the payload events among them

  [[nodiscard]] bool empty() const { return events == 0; }
};

// Encodes events into pooled chunks. Successive batches share a chunk.
class BatchWriter {
 public:
  explicit BatchWriter(ChunkPool& pool) : pool_(pool) {}

  // Adds one event to `batch`; answers its encoded size.
  std::size_t append(Batch& batch, const EventHeader& header, EventKind kind,
                     std::string_view body);

 private:
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
