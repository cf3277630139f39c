// The calls of the admin API about connections: each is a survey of the workers.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "admin/admin_api.h"
#include "app/control_plane.h"
#include "app/running_config.h"
#include "proxy/proxy.h"

namespace waymark::app {

class ConnectionCalls {
 public:
  // All outlive it, and it outlives its taps.
  ConnectionCalls(const RunningConfig& running, proxy::Proxy& proxy, ControlPlane& plane)
      : running_(running), proxy_(proxy), plane_(plane) {}

  [[nodiscard]] absl::StatusOr<admin::api::ConnectionList> list(
      const admin::ConnectionQuery& query) const;
  [[nodiscard]] absl::StatusOr<admin::api::Connection> show(const std::string& mark) const;

  [[nodiscard]] absl::StatusOr<admin::api::ActionDone> close(const std::string& mark,
                                                             const std::string& goodbye);
  [[nodiscard]] absl::StatusOr<admin::api::ActionDone> send(const std::string& mark,
                                                            const std::string& payload);
  [[nodiscard]] absl::StatusOr<std::unique_ptr<admin::StreamSource>> tap(
      const std::string& mark, const admin::TapQuery& query);

  [[nodiscard]] absl::StatusOr<admin::api::ConnectionsActionDone> close_many(
      const admin::api::ConnectionsAction& action);
  [[nodiscard]] absl::StatusOr<admin::api::ConnectionsActionDone> rebalance(
      const admin::api::ConnectionsAction& action);
  [[nodiscard]] absl::StatusOr<admin::api::ConnectionsActionDone> rotate(
      const admin::api::ConnectionsRotation& rotation);
  [[nodiscard]] absl::StatusOr<admin::api::BroadcastDone> broadcast(
      const admin::api::Broadcast& broadcast, const std::string& payload);

 private:
  // `path` goes before the field that an error names: "filter.".
  [[nodiscard]] absl::StatusOr<proxy::ConnectionFilter> filter_of(
      const admin::api::ConnectionFilter& asked, const std::string& path) const;
  // NotFound without such a connection.
  [[nodiscard]] absl::StatusOr<proxy::SurveyAnswer> survey_one(proxy::SurveyOrder::Action action,
                                                               const std::string& mark,
                                                               const std::string& payload) const;
  [[nodiscard]] absl::StatusOr<admin::api::ConnectionsActionDone> act_on_many(
      proxy::SurveyOrder order, const admin::api::ConnectionFilter& asked, bool dry_run);

  const RunningConfig& running_;
  proxy::Proxy& proxy_;
  ControlPlane& plane_;
  std::atomic<std::size_t> taps_{0};  // open now
};

}  // namespace waymark::app
