#include "wire/batch.h"

namespace waymark::wire {

std::size_t BatchWriter::append(Batch& batch, const EventHeader& header, EventKind kind,
                                std::string_view body) {
  const EventSize event = event_size(header, kind, body.size());
  const std::size_t size = event.whole;
  if (!chunk_ || used_ + size > chunk_->capacity()) {
    chunk_ = pool_.take(size);
    used_ = 0;
  }
  const bool extends_last = !batch.ranges.empty() &&
                            batch.ranges.back().chunk.get() == chunk_.get() &&
                            batch.ranges.back().offset + batch.ranges.back().size == used_;
  if (!extends_last) batch.ranges.push_back({chunk_, used_, 0});
  put_event(chunk_->data() + used_, event, header, kind, body);
  batch.ranges.back().size += size;
  used_ += size;
  if (used_ == chunk_->capacity()) chunk_ = ChunkRef();  // one made for a large event is not kept
  batch.bytes += size;
  ++batch.events;
  if (kind == EventKind::payload) ++batch.frames;
  return size;
}

}  // namespace waymark::wire
