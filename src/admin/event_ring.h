// The last events, for whoever listens to GET /v1/events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "admin/stream_source.h"

namespace waymark::admin {

// Any thread. Listeners read it each at their own pace; one that falls behind costs nothing and is
// told what it missed.
class EventRing {
 public:
  static constexpr std::size_t kEvents = 1024;

  // `first_id`: of the first event, not 0. One that grows from run to run tells runs apart.
  explicit EventRing(std::size_t events = kEvents, std::uint64_t first_id = 1)
      : limit_(events), first_id_(first_id) {}
  EventRing(const EventRing&) = delete;
  EventRing& operator=(const EventRing&) = delete;

  // `type` is a word, `json` one line. Ids grow by one from `first_id`.
  void push(std::string_view type, std::string_view json);

  // Events after `last_id`, or new ones only. Where some after it are no longer kept, or the id is
  // of another run, an event `missed` comes first, with {"after": last_id, "next": id}; after 0 are
  // all of this run. The ring must outlive the source.
  [[nodiscard]] std::unique_ptr<StreamSource> listen(std::optional<std::uint64_t> last_id);
  // The last `events` that are kept, or as many as there are, and what follows them.
  [[nodiscard]] std::unique_ptr<StreamSource> listen_to_last(std::size_t events);

 private:
  class Listener;

  const std::size_t limit_;
  const std::uint64_t first_id_;
  std::mutex mutex_;
  std::deque<std::string> events_;     // guarded by mutex_, as below; as they are sent
  std::uint64_t next_id_ = first_id_;  // of the event after the last of events_
  std::set<Listener*> listeners_;
};

}  // namespace waymark::admin
