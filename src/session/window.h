// How much may be on its way over one link: bytes and events outstanding.
#pragma once

#include <cstddef>

namespace waymark::session {

class Window {
 public:
  Window(std::size_t max_bytes, std::size_t max_events)
      : max_bytes_(max_bytes), max_events_(max_events) {}

  // Whether more may be read for this link. The last read may pass the limits by its own size, so
  // an event larger than the window goes through when nothing else is outstanding.
  [[nodiscard]] bool has_room() const { return bytes_ < max_bytes_ && events_ < max_events_; }

  // What is outstanding may be more than that now: no more is read until it is less.
  void set_limits(std::size_t max_bytes, std::size_t max_events) {
    max_bytes_ = max_bytes;
    max_events_ = max_events;
  }

  void add(std::size_t bytes, std::size_t events) {
    bytes_ += bytes;
    events_ += events;
  }
  void remove(std::size_t bytes, std::size_t events) {
    bytes_ -= bytes;
    events_ -= events;
  }

  [[nodiscard]] std::size_t max_bytes() const { return max_bytes_; }
  [[nodiscard]] std::size_t max_events() const { return max_events_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t events() const { return events_; }
  [[nodiscard]] bool empty() const { return events_ == 0; }

 private:
  std::size_t max_bytes_;
  std::size_t max_events_;
  std::size_t bytes_ = 0;
  std::size_t events_ = 0;
};

}  // namespace waymark::session
