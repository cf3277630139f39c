#include "proxy/tap.h"

#include <algorithm>
#include <utility>

namespace waymark::proxy {
namespace {

std::string first_of(const wire::Bytes& payload, std::size_t most) {
  std::string bytes;
  bytes.reserve(std::min(payload.size(), most));
  payload.for_each([&](std::string_view piece) { bytes += piece.substr(0, most - bytes.size()); });
  return bytes;
}

}  // namespace

void Tap::add(TapFrame frame, const wire::Bytes& payload) {
  std::lock_guard lock(mutex_);
  if (closed() || end_) return;
  ++counts_.seen;
  const std::size_t kept = std::min(payload.size(), limits_.frame_bytes);
  if (!take_room(kept)) {
    if (++dropped_ == 1 && !resting_) wake();
    return;
  }
  if (dropped_ > 0) put(TapDropped{std::exchange(dropped_, 0)});
  frame.size = payload.size();
  frame.bytes = first_of(payload, kept);
  put(std::move(frame));
}

void Tap::end(CloseReason reason) {
  std::lock_guard lock(mutex_);
  if (closed() || end_) return;
  end_ = TapEnd{reason};
  wake();
}

void Tap::tick(std::uint64_t now_ms) {
  std::lock_guard lock(mutex_);
  now_ms_ = now_ms;
  if (!resting_ || budget_.tokens(rate(), now_ms) < limits_.bytes_per_second / 2) return;
  resting_ = false;
  if (dropped_ > 0) wake();
}

void Tap::open(std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

std::optional<TapItem> Tap::take() {
  std::lock_guard lock(mutex_);
  if (!queue_.empty()) {
    TapItem item = std::move(queue_.front());
    queue_.pop_front();
    queued_ -= cost_of(item);
    counts_.taken += std::holds_alternative<TapFrame>(item) ? 1 : 0;
    return item;
  }
  if (dropped_ > 0 && (!resting_ || end_)) return TapDropped{std::exchange(dropped_, 0)};
  if (end_ && !std::exchange(end_told_, true)) return *end_;
  return std::nullopt;
}

void Tap::close() {
  std::lock_guard lock(mutex_);
  closed_.store(true, std::memory_order_relaxed);
  wake_ = nullptr;
  queue_ = {};
}

Tap::Counts Tap::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

TokenBucket::Rate Tap::rate() const {
  return {.per_second = limits_.bytes_per_second, .burst = limits_.bytes_per_second};
}

bool Tap::take_room(std::size_t kept) {
  const std::size_t room = dropped_ > 0 ? limits_.queue_bytes / 2 : limits_.queue_bytes;
  if (queued_ + kept + sizeof(TapItem) > room) return false;
  if (limits_.bytes_per_second == 0) return true;
  resting_ = resting_ || budget_.tokens(rate(), now_ms_) == 0;
  if (!resting_) budget_.take(kept + kFrameCost);
  return !resting_;
}

std::size_t Tap::cost_of(const TapItem& item) {
  const auto* frame = std::get_if<TapFrame>(&item);
  return sizeof(TapItem) + (frame != nullptr ? frame->bytes.size() : 0);
}

void Tap::put(TapItem item) {
  queued_ += cost_of(item);
  queue_.push_back(std::move(item));
  if (queue_.size() == 1) wake();
}

void Tap::wake() {
  if (wake_) wake_();
}

}  // namespace waymark::proxy
