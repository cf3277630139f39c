// The calls of the admin API about upstreams: wishes to the control thread. What links there are,
// only the workers know.
#pragma once

#include <string>
#include <utility>

#include "admin/admin_api.h"
#include "app/control_plane.h"
#include "app/running_config.h"
#include "proxy/proxy.h"

namespace waymark::app {

class UpstreamCalls {
 public:
  // All outlive it.
  UpstreamCalls(const RunningConfig& running, proxy::Proxy& proxy, ControlPlane& plane)
      : running_(running), proxy_(proxy), plane_(plane) {}

  // `pool` empty: of all.
  [[nodiscard]] absl::StatusOr<admin::api::UpstreamList> list(const std::string& pool) const;
  [[nodiscard]] absl::StatusOr<admin::api::Upstream> show(const std::string& id) const;

  [[nodiscard]] absl::StatusOr<admin::api::Upstream> add(const admin::api::NewUpstream& upstream);
  [[nodiscard]] absl::StatusOr<admin::api::Upstream> change(
      const std::string& id, const admin::api::UpstreamChange& change);
  [[nodiscard]] absl::StatusOr<admin::api::Upstream> remove(const std::string& id);

  // `second`: it is new, and not a renewal.
  [[nodiscard]] absl::StatusOr<std::pair<admin::api::Registration, bool>> put_registration(
      const std::string& id, const admin::api::NewRegistration& registration);
  [[nodiscard]] absl::StatusOr<admin::api::Registration> delete_registration(const std::string& id);

 private:
  // What the control thread and the workers know of one upstream.
  [[nodiscard]] absl::StatusOr<admin::api::Upstream> with_links(
      absl::StatusOr<UpstreamView> upstream) const;

  const RunningConfig& running_;
  proxy::Proxy& proxy_;
  ControlPlane& plane_;
};

}  // namespace waymark::app
