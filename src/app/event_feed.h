// What those who follow /v1/events are told: upstreams, connections, the configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "admin/event_ring.h"
#include "app/api_view.h"
#include "proxy/observer.h"

namespace waymark::app {

class EventFeed {
 public:
  // `ring` outlives it.
  explicit EventFeed(admin::EventRing& ring) : ring_(ring) {}

  // Any thread. "upstream_<what>" with the whole resource.
  void upstream(const api::Upstream& upstream, std::string_view what);
  // Any thread. Under load only some are told, and how many were not.
  void connection_ended(const proxy::ConnectionSummary& summary);
  // Any thread.
  void config_reloaded(std::size_t changes);
  void warning(std::string_view message);

 private:
  static constexpr int kConnectionsASecond = 50;

  admin::EventRing& ring_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point second_;  // guarded by mutex_, as those below
  int told_ = 0;                                  // in this second
  std::uint64_t untold_ = 0;                      // since the last one told
};

}  // namespace waymark::app
