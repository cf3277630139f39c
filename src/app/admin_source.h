// The admin API on the running proxy. Each call is dealt out to who has its subject.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "admin/admin_api.h"
#include "app/config_calls.h"
#include "app/connection_calls.h"
#include "app/control_plane.h"
#include "app/dead_letter_calls.h"
#include "app/overview_calls.h"
#include "app/presence_calls.h"
#include "app/readiness.h"
#include "app/reload.h"
#include "app/running_config.h"
#include "app/statistics.h"
#include "app/upstream_calls.h"
#include "proxy/proxy.h"

namespace waymark::app {

// Whoever asks gets the same answer: roles are checked before, and the audit line tells who it was.
class AdminSource final : public admin::AdminApi {
 public:
  // All outlive it.
  AdminSource(const RunningConfig& running, const std::string& config_path, proxy::Proxy& proxy,
              ControlPlane& plane, const ReadinessGate& readiness, Reload& reload,
              DeadLetters& letters, Statistics& statistics)
      : overview_(running, config_path, proxy, plane, readiness, letters),
        statistics_(statistics),
        upstreams_(running, proxy, plane),
        connections_(running, proxy, plane),
        presence_(running, proxy),
        dead_letters_(letters, proxy),
        config_(running, plane, reload) {}

  absl::StatusOr<api::Info> info() override { return overview_.info(); }
  absl::StatusOr<api::Overview> overview() override { return overview_.overview(); }
  absl::StatusOr<api::ListenerList> listeners() override { return overview_.listeners(); }
  absl::StatusOr<api::PoolList> pools() override { return overview_.pools(); }
  absl::StatusOr<api::Pool> pool(const std::string& name) override { return overview_.pool(name); }

  absl::StatusOr<api::Stats> stats() override { return statistics_.stats(); }
  absl::StatusOr<api::StatsHistory> stats_history(const admin::StatsQuery& query) override {
    return statistics_.history(query);
  }

  absl::StatusOr<api::UpstreamList> upstreams(const std::string& pool) override {
    return upstreams_.list(pool);
  }
  absl::StatusOr<api::Upstream> upstream(const std::string& id) override {
    return upstreams_.show(id);
  }
  absl::StatusOr<api::Upstream> add_upstream(const api::NewUpstream& upstream,
                                             const admin::Actor& /*actor*/) override {
    return upstreams_.add(upstream);
  }
  absl::StatusOr<api::Upstream> change_upstream(const std::string& id,
                                                const api::UpstreamChange& change,
                                                const admin::Actor& /*actor*/) override {
    return upstreams_.change(id, change);
  }
  absl::StatusOr<api::Upstream> remove_upstream(const std::string& id,
                                                const admin::Actor& /*actor*/) override {
    return upstreams_.remove(id);
  }
  absl::StatusOr<std::pair<api::Registration, bool>> put_registration(
      const std::string& id, const api::NewRegistration& registration,
      const admin::Actor& /*actor*/) override {
    return upstreams_.put_registration(id, registration);
  }
  absl::StatusOr<api::Registration> delete_registration(const std::string& id,
                                                        const admin::Actor& /*actor*/) override {
    return upstreams_.delete_registration(id);
  }

  absl::StatusOr<api::ConnectionList> connections(const admin::ConnectionQuery& query) override {
    return connections_.list(query);
  }
  absl::StatusOr<api::Connection> connection(const std::string& mark) override {
    return connections_.show(mark);
  }
  absl::StatusOr<api::ActionDone> close_connection(const std::string& mark,
                                                   const std::string& /*reason*/,
                                                   const std::string& goodbye,
                                                   const admin::Actor& /*actor*/) override {
    return connections_.close(mark, goodbye);
  }
  absl::StatusOr<api::ActionDone> send_to_connection(const std::string& mark,
                                                     const std::string& payload,
                                                     const admin::Actor& /*actor*/) override {
    return connections_.send(mark, payload);
  }
  absl::StatusOr<std::unique_ptr<admin::StreamSource>> tap_connection(
      const std::string& mark, const admin::TapQuery& query) override {
    return connections_.tap(mark, query);
  }
  absl::StatusOr<api::ConnectionsActionDone> close_connections(
      const api::ConnectionsAction& action, const admin::Actor& /*actor*/) override {
    return connections_.close_many(action);
  }
  absl::StatusOr<api::ConnectionsActionDone> rebalance_connections(
      const api::ConnectionsAction& action, const admin::Actor& /*actor*/) override {
    return connections_.rebalance(action);
  }
  absl::StatusOr<api::ConnectionsActionDone> rotate_connections(
      const api::ConnectionsRotation& rotation, const admin::Actor& /*actor*/) override {
    return connections_.rotate(rotation);
  }
  absl::StatusOr<api::BroadcastDone> broadcast(const api::Broadcast& broadcast,
                                               const std::string& payload,
                                               const admin::Actor& /*actor*/) override {
    return connections_.broadcast(broadcast, payload);
  }

  absl::StatusOr<api::NameList> names(const admin::PresenceQuery& query) override {
    return presence_.names(query);
  }
  absl::StatusOr<api::GroupList> groups(const admin::PresenceQuery& query) override {
    return presence_.groups(query);
  }
  absl::StatusOr<api::MemberList> group(const std::string& group,
                                        const admin::PresenceQuery& query) override {
    return presence_.members(group, query);
  }

  absl::StatusOr<api::DeadLetterList> dead_letters(const admin::DeadLetterQuery& query) override {
    return dead_letters_.list(query);
  }
  absl::StatusOr<api::DeadLetterContent> dead_letter(const std::string& id) override {
    return dead_letters_.show(id);
  }
  absl::StatusOr<api::DeadLetterReplayed> replay_dead_letter(
      const std::string& id, const admin::Actor& /*actor*/) override {
    return dead_letters_.replay(id);
  }
  absl::StatusOr<api::DeadLettersActionDone> replay_dead_letters(
      const api::DeadLettersAction& action, const admin::Actor& /*actor*/) override {
    return dead_letters_.replay_many(action);
  }
  absl::StatusOr<api::DeadLetter> drop_dead_letter(const std::string& id,
                                                   const admin::Actor& /*actor*/) override {
    return dead_letters_.drop(id);
  }
  absl::StatusOr<api::DeadLettersActionDone> drop_dead_letters(
      const api::DeadLettersAction& action, const admin::Actor& /*actor*/) override {
    return dead_letters_.drop_many(action);
  }

  absl::StatusOr<api::ConfigDocument> config() override { return config_.show(); }
  absl::StatusOr<api::ConfigDiff> config_diff() override { return config_.diff(); }
  absl::StatusOr<api::ConfigDiff> change_config(const api::ConfigChange& change,
                                                const admin::Actor& /*actor*/) override {
    return config_.change(change);
  }
  absl::StatusOr<api::ReloadDone> reload_config(const admin::Actor& /*actor*/) override {
    return config_.reload();
  }

 private:
  OverviewCalls overview_;
  Statistics& statistics_;
  UpstreamCalls upstreams_;
  ConnectionCalls connections_;
  PresenceCalls presence_;
  DeadLetterCalls dead_letters_;
  ConfigCalls config_;
};

}  // namespace waymark::app
