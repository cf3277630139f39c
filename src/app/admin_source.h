// The admin API on the running proxy: turns requests into surveys of the workers and wishes to the
// control thread, and their answers into resources.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "admin/admin_api.h"
#include "app/config.h"
#include "app/control_plane.h"
#include "app/dead_letter_calls.h"
#include "app/presence_view.h"
#include "app/readiness.h"
#include "app/reload.h"
#include "app/running_config.h"
#include "app/statistics.h"
#include "proxy/proxy.h"

namespace waymark::app {

class AdminSource final : public admin::AdminApi {
 public:
  // All outlive it.
  AdminSource(const RunningConfig& running, const std::string& config_path, proxy::Proxy& proxy,
              ControlPlane& plane, const ReadinessGate& readiness, Reload& reload,
              DeadLetters& letters, Statistics& statistics);

  absl::StatusOr<admin::api::Info> info() override;
  absl::StatusOr<admin::api::Overview> overview() override;
  absl::StatusOr<admin::api::Stats> stats() override;
  absl::StatusOr<admin::api::StatsHistory> stats_history(const admin::StatsQuery& query) override;
  absl::StatusOr<admin::api::ListenerList> listeners() override;
  absl::StatusOr<admin::api::PoolList> pools() override;
  absl::StatusOr<admin::api::Pool> pool(const std::string& name) override;

  absl::StatusOr<admin::api::UpstreamList> upstreams(const std::string& pool) override;
  absl::StatusOr<admin::api::Upstream> upstream(const std::string& id) override;
  absl::StatusOr<admin::api::Upstream> add_upstream(const admin::api::NewUpstream& upstream,
                                                    const admin::Actor& actor) override;
  absl::StatusOr<admin::api::Upstream> change_upstream(const std::string& id,
                                                       const admin::api::UpstreamChange& change,
                                                       const admin::Actor& actor) override;
  absl::StatusOr<admin::api::Upstream> remove_upstream(const std::string& id,
                                                       const admin::Actor& actor) override;

  absl::StatusOr<std::pair<admin::api::Registration, bool>> put_registration(
      const std::string& id, const admin::api::NewRegistration& registration,
      const admin::Actor& actor) override;
  absl::StatusOr<admin::api::Registration> delete_registration(const std::string& id,
                                                               const admin::Actor& actor) override;

  absl::StatusOr<admin::api::ConnectionList> connections(
      const admin::ConnectionQuery& query) override;
  absl::StatusOr<admin::api::Connection> connection(const std::string& mark) override;
  absl::StatusOr<admin::api::ActionDone> close_connection(const std::string& mark,
                                                          const std::string& reason,
                                                          const std::string& goodbye,
                                                          const admin::Actor& actor) override;
  absl::StatusOr<admin::api::ActionDone> send_to_connection(const std::string& mark,
                                                            const std::string& payload,
                                                            const admin::Actor& actor) override;
  absl::StatusOr<std::unique_ptr<admin::StreamSource>> tap_connection(
      const std::string& mark, const admin::TapQuery& query) override;
  absl::StatusOr<admin::api::ConnectionsActionDone> close_connections(
      const admin::api::ConnectionsAction& action, const admin::Actor& actor) override;
  absl::StatusOr<admin::api::ConnectionsActionDone> rebalance_connections(
      const admin::api::ConnectionsAction& action, const admin::Actor& actor) override;
  absl::StatusOr<admin::api::ConnectionsActionDone> rotate_connections(
      const admin::api::ConnectionsRotation& rotation, const admin::Actor& actor) override;
  absl::StatusOr<admin::api::BroadcastDone> broadcast(const admin::api::Broadcast& broadcast,
                                                      const std::string& payload,
                                                      const admin::Actor& actor) override;

  absl::StatusOr<admin::api::NameList> names(const admin::PresenceQuery& query) override;
  absl::StatusOr<admin::api::GroupList> groups(const admin::PresenceQuery& query) override;
  absl::StatusOr<admin::api::MemberList> group(const std::string& group,
                                               const admin::PresenceQuery& query) override;

  absl::StatusOr<admin::api::DeadLetterList> dead_letters(
      const admin::DeadLetterQuery& query) override;
  absl::StatusOr<admin::api::DeadLetterContent> dead_letter(const std::string& id) override;
  absl::StatusOr<admin::api::DeadLetterReplayed> replay_dead_letter(
      const std::string& id, const admin::Actor& actor) override;
  absl::StatusOr<admin::api::DeadLettersActionDone> replay_dead_letters(
      const admin::api::DeadLettersAction& action, const admin::Actor& actor) override;
  absl::StatusOr<admin::api::DeadLetter> drop_dead_letter(const std::string& id,
                                                          const admin::Actor& actor) override;
  absl::StatusOr<admin::api::DeadLettersActionDone> drop_dead_letters(
      const admin::api::DeadLettersAction& action, const admin::Actor& actor) override;

  absl::StatusOr<admin::api::ConfigDocument> config() override;
  absl::StatusOr<admin::api::ConfigDiff> config_diff() override;
  absl::StatusOr<admin::api::ConfigDiff> change_config(const admin::api::ConfigChange& change,
                                                       const admin::Actor& actor) override;
  absl::StatusOr<admin::api::ReloadDone> reload_config(const admin::Actor& actor) override;

 private:
  // Parts of the calls above, of one snapshot.
  [[nodiscard]] admin::api::Info info_of(const proxy::ProxySnapshot& snapshot) const;
  [[nodiscard]] admin::api::ListenerList listeners_of(const proxy::ProxySnapshot& snapshot) const;
  [[nodiscard]] admin::api::PoolList pools_of(const proxy::ProxySnapshot& snapshot,
                                              const std::vector<UpstreamView>& upstreams) const;
  // What the control thread and the workers know of one upstream.
  [[nodiscard]] absl::StatusOr<admin::api::Upstream> with_links(
      absl::StatusOr<UpstreamView> upstream);
  // `path` goes before the field that an error names: "filter.".
  [[nodiscard]] absl::StatusOr<proxy::ConnectionFilter> filter_of(
      const admin::api::ConnectionFilter& filter, const std::string& path);
  [[nodiscard]] absl::StatusOr<proxy::SurveyAnswer> survey_one(proxy::SurveyOrder::Action action,
                                                               const std::string& mark,
                                                               const std::string& payload);
  [[nodiscard]] absl::StatusOr<admin::api::ConnectionsActionDone> act_on_many(
      proxy::SurveyOrder order, const admin::api::ConnectionFilter& asked, bool dry_run);
  // The slot a request names; none if it names none.
  [[nodiscard]] absl::StatusOr<PoolSlot> slot_of(const admin::PresenceQuery& query) const;
  [[nodiscard]] absl::StatusOr<std::size_t> pool_slot(const std::string& name,
                                                      const std::string& field) const;

  const RunningConfig& running_;
  const std::string config_path_;
  proxy::Proxy& proxy_;
  ControlPlane& plane_;
  const ReadinessGate& readiness_;
  Reload& reload_;
  DeadLetterCalls dead_letters_;
  const DeadLetters& letters_;
  Statistics& statistics_;
  const std::string started_at_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::atomic<std::size_t> taps_{0};  // open now
};

}  // namespace waymark::app
