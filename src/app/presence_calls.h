// The calls of the admin API about names and groups, a page at a time.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "admin/admin_api.h"
#include "app/running_config.h"
#include "proxy/proxy.h"

namespace waymark::app {

class PresenceCalls {
 public:
  // Both outlive it.
  PresenceCalls(const RunningConfig& running, const proxy::Proxy& proxy)
      : running_(running), proxy_(proxy) {}

  [[nodiscard]] absl::StatusOr<admin::api::NameList> names(const admin::PresenceQuery& query) const;
  [[nodiscard]] absl::StatusOr<admin::api::GroupList> groups(
      const admin::PresenceQuery& query) const;
  // NotFound if nobody is in the group.
  [[nodiscard]] absl::StatusOr<admin::api::MemberList> members(
      const std::string& group, const admin::PresenceQuery& query) const;

 private:
  // InvalidArgument for a pool that is not there, or a token that is none of ours.
  [[nodiscard]] absl::StatusOr<proxy::PresenceQuery> checked(
      const admin::PresenceQuery& query) const;

  const RunningConfig& running_;
  const proxy::Proxy& proxy_;
};

}  // namespace waymark::app
