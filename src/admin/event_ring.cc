#include "admin/event_ring.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "admin/event_source.h"

namespace waymark::admin {

class EventRing::Listener final : public EventSource {
 public:
  Listener(EventRing& ring, std::optional<std::uint64_t> last_id) : ring_(ring) {
    std::lock_guard lock(ring_.mutex_);
    if (last_id == 0) last_id = ring_.first_id_ - 1;
    const bool known = last_id && *last_id < ring_.next_id_;
    next_id_ = known ? *last_id + 1 : ring_.next_id_;
    if (last_id && !known) skip_to_oldest(*last_id);
  }
  ~Listener() override {
    std::lock_guard lock(ring_.mutex_);
    ring_.listeners_.erase(this);
  }

  void start(std::function<void()> wake) override {
    std::lock_guard lock(ring_.mutex_);
    wake_ = std::move(wake);
    ring_.listeners_.insert(this);
  }

 private:
  friend class EventRing;

  std::string gather(std::size_t enough) override {
    std::lock_guard lock(ring_.mutex_);
    if (next_id_ < oldest()) skip_to_oldest(next_id_ - 1);
    std::string events = std::exchange(missed_, {});
    while (events.size() < enough && next_id_ < ring_.next_id_) {
      events += ring_.events_[next_id_ - oldest()];
      ++next_id_;
    }
    return events;
  }

  // With the ring's mutex held, as below.
  [[nodiscard]] std::uint64_t oldest() const { return ring_.next_id_ - ring_.events_.size(); }

  void skip_to_oldest(std::uint64_t after) {
    next_id_ = oldest();
    missed_ = event_text("missed", fmt::format(R"({{"after":{},"next":{}}})", after, next_id_));
  }

  EventRing& ring_;
  std::uint64_t next_id_ = 0;
  std::string missed_;  // an event to be told before the next of the ring
  std::function<void()> wake_;
};

void EventRing::push(std::string_view type, std::string_view json) {
  std::lock_guard lock(mutex_);
  events_.push_back(event_text(type, json, next_id_));
  ++next_id_;
  if (events_.size() > limit_) events_.pop_front();
  for (Listener* listener : listeners_) listener->wake_();
}

std::unique_ptr<StreamSource> EventRing::listen(std::optional<std::uint64_t> last_id) {
  return std::make_unique<Listener>(*this, last_id);
}

std::unique_ptr<StreamSource> EventRing::listen_to_last(std::size_t events) {
  std::uint64_t last_id = 0;
  {
    std::lock_guard lock(mutex_);
    last_id = next_id_ - 1 - std::min(events, events_.size());
  }
  return listen(last_id);
}

}  // namespace waymark::admin
