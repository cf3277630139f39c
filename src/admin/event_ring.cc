#include "admin/event_ring.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace waymark::admin {

class EventRing::Listener final : public StreamSource {
 public:
  Listener(EventRing& ring, std::optional<std::uint64_t> last_id) : ring_(ring) {
    std::lock_guard lock(ring_.mutex_);
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

  std::string next(std::size_t most) override {
    if (begun_.empty()) {
      std::lock_guard lock(ring_.mutex_);
      if (next_id_ < oldest()) skip_to_oldest(next_id_ - 1);
      // More than asked for by less than one event, whose rest waits.
      while (begun_.size() < most && next_id_ < ring_.next_id_) {
        begun_ += ring_.events_[next_id_ - oldest()];
        ++next_id_;
      }
    }
    const std::size_t size = std::min(most, begun_.size());
    std::string bytes = begun_.substr(0, size);
    begun_.erase(0, size);
    return bytes;
  }

 private:
  friend class EventRing;

  // With the ring's mutex held, as below.
  [[nodiscard]] std::uint64_t oldest() const { return ring_.next_id_ - ring_.events_.size(); }

  void skip_to_oldest(std::uint64_t after) {
    next_id_ = oldest();
    begun_ += fmt::format("event: missed\ndata: {{\"after\":{},\"next\":{}}}\n\n", after, next_id_);
  }

  EventRing& ring_;
  std::uint64_t next_id_ = 0;
  std::string begun_;  // taken from the ring and not sent yet
  std::function<void()> wake_;
};

void EventRing::push(std::string_view type, std::string_view json) {
  while (json.ends_with('\n')) json.remove_suffix(1);
  std::lock_guard lock(mutex_);
  events_.push_back(fmt::format("id: {}\nevent: {}\ndata: {}\n\n", next_id_, type, json));
  ++next_id_;
  if (events_.size() > limit_) events_.pop_front();
  for (Listener* listener : listeners_) listener->wake_();
}

std::unique_ptr<StreamSource> EventRing::listen(std::optional<std::uint64_t> last_id) {
  return std::make_unique<Listener>(*this, last_id);
}

}  // namespace waymark::admin
