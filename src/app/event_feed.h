// What those who follow /v1/events are told: upstreams, connections, dead letters, the
// configuration.
#pragma once

#include <cstdint>
#include <string_view>

#include "admin/event_ring.h"
#include "app/api_view.h"
#include "app/sampler.h"
#include "proxy/observer.h"
#include "store/stored.h"

namespace waymark::app {

// Microseconds since 1970: later than every id of the run before, and a number that JSON carries.
[[nodiscard]] std::uint64_t first_event_id();

// Every event has the member `at`, when it was told.
class EventFeed {
 public:
  // `ring` outlives it.
  explicit EventFeed(admin::EventRing& ring) : ring_(ring) {}

  // Any thread. "upstream_<what>" with the whole resource.
  void upstream(const api::Upstream& upstream, std::string_view what);
  // Any thread. Under load only some are told, and how many were not.
  void connection_ended(const proxy::ConnectionSummary& summary);
  // Any thread. Under load only some are told, likewise.
  void dead_letter_added(const store::StoredDeadLetter& letter);
  // Any thread. "dead_letters_<what>".
  void dead_letters_gone(std::string_view what, std::uint64_t count, std::string_view reason);
  // Any thread.
  void config_reloaded(std::size_t changes);
  void warning(std::string_view message);

 private:
  static constexpr int kOfAKindASecond = 50;

  admin::EventRing& ring_;
  Sampler connections_{kOfAKindASecond};
  Sampler dead_letters_{kOfAKindASecond};
};

}  // namespace waymark::app
