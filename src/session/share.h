// How much of one connection is on its way to its upstream.
//
// Without acks an event is done when the write of its batch is. A link has at most one write under
// way and numbers its batches, so a connection needs to remember just two sums: what it put into
// the newest batch and what into those before it. Nothing is subtracted when a write completes.
//
// With acks it is done when it is acked, in whatever order: what is held is counted event by event.
#pragma once

#include <cstddef>
#include <cstdint>

namespace waymark::session {

class Share {
 public:
  // `size` bytes went into the link's batch number `batch`, while every batch up to and including
  // `done` is written. Numbers never go back.
  void add(std::uint32_t batch, std::size_t size, std::uint32_t done) {
    if (batch != newest_batch_) {
      older_ = static_cast<std::uint32_t>(outstanding(done)) - held_;
      newest_ = 0;
      older_batch_ = newest_batch_;
      newest_batch_ = batch;
    }
    newest_ += static_cast<std::uint32_t>(size);
  }

  // An event of `size` bytes went out that will be acked; it was acked, or taken back.
  void hold(std::size_t size) {
    held_ += static_cast<std::uint32_t>(size);
    ++held_events_;
  }
  void release(std::size_t size, std::size_t events = 1) {
    held_ -= static_cast<std::uint32_t>(size);
    held_events_ -= static_cast<std::uint32_t>(events);
  }
  [[nodiscard]] bool holds_any() const { return held_events_ > 0; }
  [[nodiscard]] std::uint32_t held_events() const { return held_events_; }

  // Bytes outstanding while every batch up to and including `done` is written.
  [[nodiscard]] std::size_t outstanding(std::uint32_t done) const {
    std::size_t bytes = held_;
    if (is_after(newest_batch_, done)) bytes += newest_;
    if (is_after(older_batch_, done)) bytes += older_;
    return bytes;
  }

  // Forgets what is done. To be called now and then, so that numbers which wrap around never meet
  // the sums of long ago.
  void forget_done(std::uint32_t done) {
    if (outstanding(done) == held_) newest_ = older_ = 0;
  }

  // The connection moved to another link.
  void clear() { *this = Share(); }

 private:
  [[nodiscard]] static bool is_after(std::uint32_t batch, std::uint32_t done) {
    return static_cast<std::int32_t>(batch - done) > 0;
  }

  std::uint32_t newest_batch_ = 0;
  std::uint32_t older_batch_ = 0;
  std::uint32_t newest_ = 0;
  std::uint32_t older_ = 0;
  std::uint32_t held_ = 0;
  std::uint32_t held_events_ = 0;
};

}  // namespace waymark::session
