#include "link/batch_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace waymark::link {
namespace {

// What an upstream that acks must not miss: whatever tells of a client.
bool is_acked(wire::EventKind kind) {
  switch (kind) {
    case wire::EventKind::payload:
    case wire::EventKind::opened:
    case wire::EventKind::half_closed:
    case wire::EventKind::closed:
    case wire::EventKind::gap:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::size_t frames_in(const std::vector<LostBatch>& batches) {
  std::size_t frames = 0;
  for (const LostBatch& lost : batches) frames += lost.batch.frames;
  return frames;
}

void LostBatch::add_copy(ChunkPool& chunks, const wire::Event& event) {
  std::string entry;
  wire::add_event(entry, event.header, event.kind, event.body.to_string());
  add(chunks.copy_of(entry), event.kind == wire::EventKind::payload);
}

void LostBatch::remove_if(ChunkPool& chunks, Unwanted unwanted, Removed removed) {
  bool any = false;
  wire::for_each_event(batch, [&](const wire::Event& event) { any = any || unwanted(event); });
  if (!any) return;
  wire::Batch kept;
  std::swap(kept, batch);
  wire::for_each_event(kept, [&](const wire::Event& event) {
    if (unwanted(event)) return removed(event);
    add_copy(chunks, event);
  });
}

void LostBatch::give_while(absl::FunctionRef<bool(const wire::Event&)> given) {
  std::size_t gone = 0;
  for (const ChunkRange& range : batch.ranges) {
    const std::string_view entry = range.bytes();
    wire::EventReader reader(wire::Pieces(&entry, 1));
    wire::Event event;
    (void)reader.next(event);  // our own
    if (!given(event)) break;
    ++gone;
    batch.bytes -= range.size;
    --batch.events;
    if (event.kind == wire::EventKind::payload) --batch.frames;
  }
  batch.ranges.erase(batch.ranges.begin(),
                     batch.ranges.begin() + static_cast<std::ptrdiff_t>(gone));
}

void LostBatch::copy_out(ChunkPool& chunks) {
  if (batch.ranges.empty()) return;
  const ChunkRef copy = chunks.take_exactly(batch.bytes);
  std::size_t used = 0;
  for (ChunkRange& range : batch.ranges) {
    std::memcpy(copy->data() + used, range.bytes().data(), range.size);
    range = {copy, used, range.size};
    used += range.size;
  }
}

wire::EventHeader BatchQueue::numbered(const wire::EventHeader& header,
                                       wire::EventKind kind) const {
  wire::EventHeader own = header;
  own.delivery = acks_ && is_acked(kind) ? ledger_.next() : 0;
  return own;
}

Appended BatchQueue::append(const wire::EventHeader& header, wire::EventKind kind,
                            std::string_view body, std::size_t max_message, bool of_share) {
  wire::Batch& batch = open_batch(body.size(), max_message);
  const wire::EventHeader own = numbered(header, kind);
  const std::size_t size = writer_.append(batch, own, kind, body);
  return appended(batch, size, own.delivery, {kind == wire::EventKind::payload, of_share});
}

Appended BatchQueue::append_in_place(const wire::EventHeader& header, std::size_t size,
                                     std::size_t max_message) {
  wire::Batch& batch = open_batch(size, max_message);
  const wire::EventHeader own = numbered(header, wire::EventKind::payload);
  const std::size_t whole = writer_.append_in_place(batch, own, size);
  return appended(batch, whole, own.delivery, {.frame = true, .of_share = true});
}

wire::Batch& BatchQueue::open_batch(std::size_t body_size, std::size_t max_message) {
  if (waiting_.empty()) {
    waiting_.emplace_back();
  } else if (waiting_.back().bytes + body_size + kEventOverhead >
             std::min(kMaxBatchBytes, max_message)) {
    waiting_.emplace_back();
    ++open_;
  }
  return waiting_.back();
}

Appended BatchQueue::appended(const wire::Batch& batch, std::size_t size, std::uint64_t delivery,
                              session::Ledger::Kind kind) {
  window_.add(size, 1);
  ++appended_in_pass_;
  if (delivery != 0) {
    const ChunkRange& last = batch.ranges.back();
    ledger_.add(last.chunk, last.offset + last.size - size, size, kind);
  }
  return {size, open_, delivery};
}

BatchQueue::Pass BatchQueue::end_pass(bool busy) {
  const bool grew = std::exchange(appended_in_pass_, 0) > 0;
  if (waiting_.empty() || busy) {
    passes_ = 0;
    return Pass::nothing;
  }
  return grew && ++passes_ < kMaxPasses ? Pass::look_again : Pass::write;
}

const wire::Batch& BatchQueue::begin_write() {
  passes_ = 0;
  alive_since_begin_ = false;
  in_flight_number_ = open_ - static_cast<std::uint32_t>(waiting_.size() - 1);
  in_flight_ = std::move(waiting_.front());
  waiting_.pop_front();
  if (waiting_.empty()) ++open_;
  if (in_flight_.last_delivery != 0) begun_through_ = in_flight_.last_delivery;
  return in_flight_;
}

void BatchQueue::complete_write(std::uint64_t now_ms) {
  window_.remove(in_flight_.bytes - in_flight_.acked_bytes,
                 in_flight_.events - in_flight_.acked_events);
  written_ = in_flight_number_;
  if (acks_) return count(std::exchange(in_flight_, {}));
  settling_.push_back({std::exchange(in_flight_, {}), now_ms});
  if (alive_since_begin_) settle_written();
  if (settling_.size() > kMaxSettling) settle_oldest();
}

void BatchQueue::count(const wire::Batch& batch) {
  ++settled_.batches;
  settled_.events += batch.events;
  if (!acks_) settled_.frames += batch.frames;
  settled_.bytes += batch.bytes;
  settled_.batch_frames.observe(batch.frames);
}

void BatchQueue::settle_oldest() {
  count(settling_.front().batch);
  settling_.pop_front();
}

std::optional<session::Ledger::Entry> BatchQueue::complete(std::uint64_t delivery) {
  const auto entry = ledger_.complete(delivery);
  if (!entry) return entry;
  window_.remove(entry->size, 1);
  if (entry->frame) ++settled_.frames;
  if (ledger_.retained_bytes() > window_.max_bytes() + Chunk::kSize) ledger_.compact();
  return entry;
}

LostBatch BatchQueue::withdraw(const Mark& mark, std::uint64_t delivery) {
  std::vector<std::uint64_t> numbers;
  ledger_.for_each([&](std::uint64_t number, const ChunkRange& range, bool) {
    if (number >= delivery && wire::mark_of_entry(range.bytes()) == mark) numbers.push_back(number);
  });
  return withdraw(numbers);
}

LostBatch BatchQueue::withdraw_one(std::uint64_t delivery) {
  return withdraw(std::vector<std::uint64_t>{delivery});
}

LostBatch BatchQueue::withdraw(const std::vector<std::uint64_t>& numbers) {
  LostBatch taken{.batch = {}, .in_doubt = true, .acked = true};
  for (const std::uint64_t number : numbers) {
    const ChunkRange range = ledger_.range_of(number);
    const auto entry = ledger_.complete(number);
    taken.add(range, entry->frame);
    if (entry->of_share) {
      taken.share_bytes += entry->size;
      ++taken.share_events;
    }
    window_.remove(entry->size, 1);
  }
  return taken;
}

void BatchQueue::disown(const Mark& mark) {
  std::vector<std::uint64_t> numbers;
  ledger_.for_each([&](std::uint64_t number, const ChunkRange& range, bool) {
    if (wire::mark_of_entry(range.bytes()) == mark) numbers.push_back(number);
  });
  for (const std::uint64_t number : numbers) ledger_.disown(number);
}

std::vector<LostBatch> BatchQueue::take_ledger() {
  LostBatch begun{.batch = {}, .in_doubt = true, .acked = true};
  LostBatch not_begun{.batch = {}, .in_doubt = false, .acked = true};
  ledger_.for_each([&](std::uint64_t delivery, const ChunkRange& range, bool frame) {
    (delivery <= begun_through_ ? begun : not_begun).add(range, frame);
  });
  ledger_.clear();
  std::vector<LostBatch> lost;
  for (LostBatch* part : {&begun, &not_begun}) {
    if (!part->batch.empty()) lost.push_back(std::move(*part));
  }
  return lost;
}

BatchQueue::Settled BatchQueue::settle(std::uint64_t now_ms) {
  while (!settling_.empty() && now_ms - settling_.front().since_ms >= kSettleMs) settle_oldest();
  return std::exchange(settled_, {});
}

void BatchQueue::settle_written() {
  alive_since_begin_ = true;
  while (!settling_.empty()) settle_oldest();
}

std::vector<LostBatch> BatchQueue::take_all(session::Window window) {
  std::vector<LostBatch> lost = take_ledger();
  if (acks_) {
    in_flight_ = {};
    waiting_.clear();
  }
  for (Settling& settling : settling_) lost.push_back({std::move(settling.batch), true});
  if (!in_flight_.empty()) lost.push_back({std::exchange(in_flight_, {}), true});
  for (wire::Batch& batch : waiting_) lost.push_back({std::move(batch), false});
  settling_.clear();
  waiting_.clear();
  window_ = window;
  written_ = open_++;
  appended_in_pass_ = 0;
  passes_ = 0;
  return lost;
}

std::size_t BatchQueue::frames() const {
  if (acks_) return ledger_.frames() + settled_.frames;
  std::size_t frames = in_flight_.frames + settled_.frames;
  for (const Settling& settling : settling_) frames += settling.batch.frames;
  for (const wire::Batch& batch : waiting_) frames += batch.frames;
  return frames;
}

}  // namespace waymark::link
