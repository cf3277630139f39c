// What /readyz answers.
#pragma once

#include <atomic>
#include <string>

#include "admin/telemetry_source.h"
#include "app/control_plane.h"
#include "app/running_config.h"
#include "proxy/proxy.h"

namespace waymark::app {

// Ready: every routed pool has had a ready upstream since the start, and the process is not ending.
// Losing all upstreams later keeps it ready, unless asked otherwise: one bad deploy would take
// every proxy out at the moment clients should be held. Thread-safe.
class ReadinessGate {
 public:
  // All outlive it.
  ReadinessGate(const proxy::Proxy& proxy, const ControlPlane& plane, const RunningConfig& running)
      : proxy_(proxy), plane_(plane), running_(running) {}

  void set_draining() { draining_ = true; }
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] admin::Readiness look() const {
    if (draining_) return {false, "draining"};
    if (const std::string pool = proxy_.pool_not_seen(); !pool.empty()) {
      return {false, "pool '" + pool + "' has had no ready upstream yet"};
    }
    if (!running_.get()->readyz_requires_upstreams) return {true, {}};
    if (const std::string pool = plane_.pool_without_upstreams(); !pool.empty()) {
      return {false, "pool '" + pool + "' has no ready upstream"};
    }
    return {true, {}};
  }

 private:
  const proxy::Proxy& proxy_;
  const ControlPlane& plane_;
  const RunningConfig& running_;
  std::atomic<bool> draining_{false};
};

}  // namespace waymark::app
