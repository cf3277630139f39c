// The calls of the admin API about the proxy as a whole: its overview, and parts of that by
// themselves.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "admin/admin_api.h"
#include "app/control_plane.h"
#include "app/dead_letters.h"
#include "app/readiness.h"
#include "app/running_config.h"
#include "proxy/proxy.h"

namespace waymark::app {

class OverviewCalls {
 public:
  // All outlive it. The uptime is counted from here on.
  OverviewCalls(const RunningConfig& running, const std::string& config_path, proxy::Proxy& proxy,
                ControlPlane& plane, const ReadinessGate& readiness, const DeadLetters& letters);

  [[nodiscard]] absl::StatusOr<admin::api::Info> info() const;
  [[nodiscard]] absl::StatusOr<admin::api::Overview> overview() const;
  [[nodiscard]] absl::StatusOr<admin::api::ListenerList> listeners() const;
  [[nodiscard]] absl::StatusOr<admin::api::PoolList> pools() const;
  [[nodiscard]] absl::StatusOr<admin::api::Pool> pool(const std::string& name) const;

 private:
  // Parts of the calls above, of one snapshot.
  [[nodiscard]] admin::api::Info info_of(const proxy::ProxySnapshot& snapshot) const;
  [[nodiscard]] admin::api::ListenerList listeners_of(const proxy::ProxySnapshot& snapshot) const;
  [[nodiscard]] admin::api::PoolList pools_of(const proxy::ProxySnapshot& snapshot,
                                              const std::vector<UpstreamView>& upstreams) const;

  const RunningConfig& running_;
  const std::string config_path_;
  proxy::Proxy& proxy_;
  ControlPlane& plane_;
  const ReadinessGate& readiness_;
  const DeadLetters& letters_;
  const std::string started_at_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace waymark::app
