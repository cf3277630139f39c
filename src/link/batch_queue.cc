#include "link/batch_queue.h"

#include <algorithm>
#include <utility>

namespace waymark::link {

Appended BatchQueue::append(const wire::EventHeader& header, wire::EventKind kind,
                            std::string_view body, std::size_t max_message) {
  wire::Batch& batch = open_batch(body.size(), max_message);
  return appended(writer_.append(batch, header, kind, body));
}

Appended BatchQueue::append_in_place(const wire::EventHeader& header, std::size_t size,
                                     std::size_t max_message) {
  wire::Batch& batch = open_batch(size, max_message);
  return appended(writer_.append_in_place(batch, header, size));
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

Appended BatchQueue::appended(std::size_t size) {
  window_.add(size, 1);
  ++appended_in_pass_;
  return {size, open_};
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
  return in_flight_;
}

void BatchQueue::complete_write(std::uint64_t now_ms) {
  window_.remove(in_flight_.bytes, in_flight_.events);
  written_ = in_flight_number_;
  settling_.push_back({std::exchange(in_flight_, {}), now_ms});
  if (alive_since_begin_) settle_written();
  if (settling_.size() > kMaxSettling) settle_oldest();
}

void BatchQueue::settle_oldest() {
  const wire::Batch& batch = settling_.front().batch;
  ++settled_.batches;
  settled_.events += batch.events;
  settled_.frames += batch.frames;
  settled_.bytes += batch.bytes;
  settled_.batch_frames.observe(batch.frames);
  settling_.pop_front();
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
  std::vector<LostBatch> lost;
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
  std::size_t frames = in_flight_.frames + settled_.frames;
  for (const Settling& settling : settling_) frames += settling.batch.frames;
  for (const wire::Batch& batch : waiting_) frames += batch.frames;
  return frames;
}

}  // namespace waymark::link
