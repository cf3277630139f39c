#include "wire/batch.h"

#include <algorithm>
#include <cstring>

namespace waymark::wire {

std::size_t BatchWriter::append(Batch& batch, const EventHeader& header, EventKind kind,
                                std::string_view body) {
  const EventSize size = event_size(header, kind, body.size());
  if (!chunk_ || used_ + size.whole > chunk_->capacity()) take_chunk(size.whole);
  put_event(chunk_->data() + used_, size, header, kind, body);
  add_to(batch, used_, size.whole, kind, header);
  return size.whole;
}

std::span<char> BatchWriter::room_for_frame(std::size_t at_most) {
  const std::size_t least = std::min(at_most, kLeastRoom) + kRoomBefore + kRoomAfter;
  if (!chunk_ || used_ + least > chunk_->capacity()) take_chunk(least);
  const std::size_t left = chunk_->capacity() - used_ - kRoomBefore - kRoomAfter;
  return {chunk_->data() + used_ + kRoomBefore, std::min(at_most, left)};
}

std::size_t BatchWriter::append_in_place(Batch& batch, const EventHeader& header,
                                         std::size_t size) {
  const EventSize event = event_size(header, EventKind::payload, size);
  const std::size_t before = event.whole - size - size_after_body(header);
  std::size_t offset = used_ + kRoomBefore - before;
  if (size <= kMoved) {
    char* const start = chunk_->data() + used_;
    std::memmove(start + before, start + kRoomBefore, size);
    offset = used_;
  }
  char* const out = chunk_->data() + offset;
  put_event_before_body(out, event, header, EventKind::payload, size);
  put_event_after_body(out + before + size, header);
  add_to(batch, offset, event.whole, EventKind::payload, header);
  return event.whole;
}

void BatchWriter::take_chunk(std::size_t at_least) {
  chunk_ = pool_.take(at_least);
  used_ = 0;
}

void BatchWriter::add_to(Batch& batch, std::size_t offset, std::size_t size, EventKind kind,
                         const EventHeader& header) {
  const bool extends_last = !batch.ranges.empty() &&
                            batch.ranges.back().chunk.get() == chunk_.get() &&
                            batch.ranges.back().offset + batch.ranges.back().size == offset;
  if (!extends_last) batch.ranges.push_back({chunk_, offset, 0});
  batch.ranges.back().size += size;
  batch.bytes += size;
  ++batch.events;
  if (header.delivery != 0) {
    batch.acked_bytes += size;
    ++batch.acked_events;
    batch.last_delivery = header.delivery;
  }
  if (kind == EventKind::payload && batch.frames++ == 0) {
    batch.first_received_at = header.received_at;
  }
  used_ = offset + size;
  if (used_ == chunk_->capacity()) chunk_ = ChunkRef();  // one made for a large event is not kept
}

}  // namespace waymark::wire
