// The calls of the admin API about the configuration.
#pragma once

#include "admin/admin_api.h"
#include "app/control_plane.h"
#include "app/reload.h"
#include "app/running_config.h"

namespace waymark::app {

class ConfigCalls {
 public:
  // All outlive it.
  ConfigCalls(const RunningConfig& running, ControlPlane& plane, Reload& reload)
      : running_(running), plane_(plane), reload_(reload) {}

  [[nodiscard]] absl::StatusOr<admin::api::ConfigDocument> show() const;
  // What runs otherwise than the file says: settings, and upstreams.
  [[nodiscard]] absl::StatusOr<admin::api::ConfigDiff> diff() const;

  // All of it or nothing; answers with diff().
  [[nodiscard]] absl::StatusOr<admin::api::ConfigDiff> change(
      const admin::api::ConfigChange& change);
  [[nodiscard]] absl::StatusOr<admin::api::ReloadDone> reload();

 private:
  const RunningConfig& running_;
  ControlPlane& plane_;
  Reload& reload_;
};

}  // namespace waymark::app
