// Answers each call with a message that names its arguments, and remembers it.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "admin/admin_api.h"
#include "admin/audit.h"
#include "admin/event_source.h"
#include "base/status.h"

namespace waymark::admin {

class FakeAdminApi final : public AdminApi {
 public:
  // What was called, each as "change_upstream(u1, weight=5, ops)".
  std::vector<std::string> calls() {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  // Every further call fails with it.
  void fail_with(absl::Status status) {
    std::lock_guard lock(mutex_);
    failure_ = std::move(status);
  }

  absl::StatusOr<api::Info> info() override { return say<api::Info>("info()"); }
  absl::StatusOr<api::Overview> overview() override { return say<api::Overview>("overview()"); }
  absl::StatusOr<api::Stats> stats() override {
    auto stats = say<api::Stats>("stats()");
    if (stats.ok()) {
      stats->mutable_total()->set_frames(10);
      stats->mutable_total()->set_answers(7);
      stats->mutable_total()->mutable_errors()->set_failed_answers(2);
      stats->mutable_total()->mutable_errors()->set_timed_out(1);
      stats->mutable_total()->mutable_answer_time()->set_mean_ms(1.25);
      api::UpstreamStatistics& one = *stats->add_upstreams();
      one.set_upstream("u1");
      one.mutable_statistics()->set_frames(4);
      stats->add_upstreams()->set_upstream("one of which nothing is kept");
    }
    return stats;
  }
  absl::StatusOr<api::StatsHistory> stats_history(const StatsQuery& query) override {
    return say<api::StatsHistory>("stats_history(" + query.upstream + ", " +
                                  (query.by_minute ? "1m, " : "1s, ") +
                                  std::to_string(query.since) + ")");
  }
  absl::StatusOr<api::ListenerList> listeners() override {
    return say<api::ListenerList>("listeners()");
  }
  absl::StatusOr<api::PoolList> pools() override { return say<api::PoolList>("pools()"); }
  absl::StatusOr<api::Pool> pool(const std::string& name) override {
    return say<api::Pool>("pool(" + name + ")");
  }
  absl::StatusOr<api::UpstreamList> upstreams(const std::string& pool) override {
    return say<api::UpstreamList>("upstreams(" + pool + ")");
  }
  absl::StatusOr<api::Upstream> upstream(const std::string& id) override {
    return say<api::Upstream>("upstream(" + id + ")");
  }
  absl::StatusOr<api::Upstream> add_upstream(const api::NewUpstream& upstream,
                                             const Actor& actor) override {
    return say<api::Upstream>("add_upstream(" + summary_of(upstream) + ", " + actor.name + ")");
  }
  absl::StatusOr<api::Upstream> change_upstream(const std::string& id,
                                                const api::UpstreamChange& change,
                                                const Actor& actor) override {
    return say<api::Upstream>("change_upstream(" + id + ", " + summary_of(change) + ", " +
                              actor.name + ")");
  }
  absl::StatusOr<api::Upstream> remove_upstream(const std::string& id,
                                                const Actor& actor) override {
    return say<api::Upstream>("remove_upstream(" + id + ", " + actor.name + ")");
  }
  absl::StatusOr<std::pair<api::Registration, bool>> put_registration(
      const std::string& id, const api::NewRegistration& registration,
      const Actor& actor) override {
    const auto said = say<api::Registration>("put_registration(" + id + ", " +
                                             summary_of(registration) + ", " + actor.name + ")");
    if (!said.ok()) return said.status();
    return std::pair(*said, calls().size() == 1);
  }
  absl::StatusOr<api::Registration> delete_registration(const std::string& id,
                                                        const Actor& actor) override {
    return say<api::Registration>("delete_registration(" + id + ", " + actor.name + ")");
  }
  absl::StatusOr<api::ConnectionList> connections(const ConnectionQuery& query) override {
    const std::string order =
        query.order == "mark" ? "" : query.order + (query.descending ? " descending, " : ", ");
    return say<api::ConnectionList>("connections(" + summary_of(query.filter) + ", " + order +
                                    std::to_string(query.limit) + ", " + query.page_token + ")");
  }
  absl::StatusOr<api::Connection> connection(const std::string& mark) override {
    return say<api::Connection>("connection(" + mark + ")");
  }
  absl::StatusOr<api::ActionDone> close_connection(const std::string& mark,
                                                   const std::string& reason,
                                                   const std::string& goodbye,
                                                   const Actor& actor) override {
    return say<api::ActionDone>("close_connection(" + mark + ", " + reason + ", " + goodbye + ", " +
                                actor.name + ")");
  }
  absl::StatusOr<api::ActionDone> send_to_connection(const std::string& mark,
                                                     const std::string& payload,
                                                     const Actor& actor) override {
    return say<api::ActionDone>("send_to_connection(" + mark + ", " + payload + ", " + actor.name +
                                ")");
  }
  absl::StatusOr<std::unique_ptr<StreamSource>> tap_connection(const std::string& mark,
                                                               const TapQuery& query) override {
    const auto said =
        say<api::TapBegin>("tap_connection(" + mark + ", " + std::to_string(query.max_bytes) +
                           ", " + std::to_string(query.max_rate) + ")");
    if (!said.ok()) return said.status();
    return std::make_unique<Frames>();
  }
  absl::StatusOr<api::ConnectionsActionDone> close_connections(const api::ConnectionsAction& action,
                                                               const Actor& actor) override {
    return say<api::ConnectionsActionDone>("close_connections(" + summary_of(action) + ", " +
                                           actor.name + ")");
  }
  absl::StatusOr<api::ConnectionsActionDone> rotate_connections(
      const api::ConnectionsRotation& rotation, const Actor& actor) override {
    return say<api::ConnectionsActionDone>("rotate_connections(" + summary_of(rotation) + ", " +
                                           actor.name + ")");
  }
  absl::StatusOr<api::ConnectionsActionDone> rebalance_connections(
      const api::ConnectionsAction& action, const Actor& actor) override {
    return say<api::ConnectionsActionDone>("rebalance_connections(" + summary_of(action) + ", " +
                                           actor.name + ")");
  }
  absl::StatusOr<api::BroadcastDone> broadcast(const api::Broadcast& broadcast,
                                               const std::string& payload,
                                               const Actor& actor) override {
    const std::string group = broadcast.group().empty() ? "" : broadcast.group() + ", ";
    const std::string dry_run = broadcast.dry_run() ? "dry run, " : "";
    return say<api::BroadcastDone>("broadcast(" + broadcast.to() + ", " + broadcast.pool() + ", " +
                                   group + payload + ", " + dry_run + actor.name + ")");
  }
  absl::StatusOr<api::NameList> names(const PresenceQuery& query) override {
    return say<api::NameList>("names(" + page_of(query) + ")");
  }
  absl::StatusOr<api::GroupList> groups(const PresenceQuery& query) override {
    return say<api::GroupList>("groups(" + page_of(query) + ")");
  }
  absl::StatusOr<api::MemberList> group(const std::string& group,
                                        const PresenceQuery& query) override {
    return say<api::MemberList>("group(" + group + ", " + page_of(query) + ")");
  }
  absl::StatusOr<api::DeadLetterList> dead_letters(const DeadLetterQuery& query) override {
    return say<api::DeadLetterList>("dead_letters(" + summary_of(query.filter) + ", " +
                                    std::to_string(query.limit) + ", " + query.page_token + ")");
  }
  absl::StatusOr<api::DeadLetterContent> dead_letter(const std::string& id) override {
    return say<api::DeadLetterContent>("dead_letter(" + id + ")");
  }
  absl::StatusOr<api::DeadLetterReplayed> replay_dead_letter(const std::string& id,
                                                             const Actor& actor) override {
    return say<api::DeadLetterReplayed>("replay_dead_letter(" + id + ", " + actor.name + ")");
  }
  absl::StatusOr<api::DeadLettersActionDone> replay_dead_letters(
      const api::DeadLettersAction& action, const Actor& actor) override {
    return say<api::DeadLettersActionDone>("replay_dead_letters(" + summary_of(action) + ", " +
                                           actor.name + ")");
  }
  absl::StatusOr<api::DeadLetter> drop_dead_letter(const std::string& id,
                                                   const Actor& actor) override {
    return say<api::DeadLetter>("drop_dead_letter(" + id + ", " + actor.name + ")");
  }
  absl::StatusOr<api::DeadLettersActionDone> drop_dead_letters(const api::DeadLettersAction& action,
                                                               const Actor& actor) override {
    return say<api::DeadLettersActionDone>("drop_dead_letters(" + summary_of(action) + ", " +
                                           actor.name + ")");
  }
  absl::StatusOr<api::ConfigDocument> config() override {
    return say<api::ConfigDocument>("config()");
  }
  absl::StatusOr<api::ConfigDiff> config_diff() override {
    return say<api::ConfigDiff>("config_diff()");
  }
  absl::StatusOr<api::ConfigDiff> change_config(const api::ConfigChange& change,
                                                const Actor& actor) override {
    return say<api::ConfigDiff>("change_config(" + change.set().begin()->second +
                                (change.persist() ? ", persist, " : ", ") + actor.name + ")");
  }
  absl::StatusOr<api::ReloadDone> reload_config(const Actor& actor) override {
    return say<api::ReloadDone>("reload_config(" + actor.name + ")");
  }

 private:
  static std::string page_of(const PresenceQuery& query) {
    return query.pool + ", " + std::to_string(query.limit) + ", " + query.page_token;
  }

  // A connection that sends one frame and ends.
  class Frames final : public EventSource {
    void start(std::function<void()> /*wake*/) override {}
    std::string gather(std::size_t /*enough*/) override {
      return std::exchange(told_, true) ? "" : event_text("frame", "{}");
    }
    bool over() override { return told_; }
    [[nodiscard]] std::string summary() const override { return told_ ? "1 frame" : "0 frames"; }

    bool told_ = false;
  };

  template <typename M>
  absl::StatusOr<M> say(std::string call) {
    std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
    if (!failure_.ok()) return failure_;
    return M();
  }

  std::mutex mutex_;
  std::vector<std::string> calls_;
  absl::Status failure_;
};

}  // namespace waymark::admin
