#include "app/admin_source.h"

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "app/api_view.h"
#include "app/config_endpoint.h"
#include "app/overview_view.h"
#include "app/tap_source.h"
#include "app/version.h"
#include "base/field_error.h"
#include "base/rfc3339.h"
#include "base/status.h"
#include "identity/random_mark.h"
#include "net/cidr.h"

namespace waymark::app {
namespace {

namespace api = admin::api;
using proxy::SurveyOrder;

constexpr std::chrono::milliseconds kSnapshotTimeout{1'000};
constexpr std::chrono::milliseconds kSurveyTimeout{5'000};

absl::StatusOr<Mark> mark_of(const std::string& text) {
  if (const auto mark = Mark::parse(text)) return *mark;
  return field_error("mark", "'{}' is not a UUID", text);
}

proxy::ListKey list_key_of(std::string_view word) {
  using proxy::ListKey;
  if (word == "peer") return ListKey::peer;
  if (word == "listener") return ListKey::listener;
  if (word == "upstream") return ListKey::upstream;
  if (word == "opened") return ListKey::opened;
  if (word == "last_frame") return ListKey::last_frame;
  if (word == "frames_up") return ListKey::frames_up;
  if (word == "frames_down") return ListKey::frames_down;
  if (word == "bytes_up") return ListKey::bytes_up;
  if (word == "bytes_down") return ListKey::bytes_down;
  if (word == "queued") return ListKey::queued;
  if (word == "outstanding") return ListKey::outstanding;
  return ListKey::mark;
}

// Where a page ends: its last mark, and before that the rank if it is ordered by something else.
std::string page_token_of(const proxy::ListPlace& place, proxy::ListKey key) {
  const std::string mark = place.mark.to_string();
  if (key == proxy::ListKey::mark) return mark;
  return fmt::format("{:x}.{:x}.{}", absl::Uint128High64(place.rank),
                     absl::Uint128Low64(place.rank), mark);
}

// Takes a number in hexadecimal and the dot behind it from the front of `token`.
std::optional<std::uint64_t> take_number(std::string_view& token) {
  std::uint64_t number = 0;
  const char* const end = token.data() + token.size();
  const auto [at, fault] = std::from_chars(token.data(), end, number, 16);
  if (fault != std::errc() || at == end || *at != '.') return std::nullopt;
  token.remove_prefix(static_cast<std::size_t>(at - token.data()) + 1);
  return number;
}

std::optional<proxy::ListPlace> place_of(std::string_view token, proxy::ListKey key) {
  proxy::ListPlace place;
  if (key != proxy::ListKey::mark) {
    const auto high = take_number(token);
    const auto low = take_number(token);
    if (!high || !low) return std::nullopt;
    place.rank = absl::MakeUint128(*high, *low);
  }
  const auto mark = Mark::parse(std::string(token));
  if (!mark) return std::nullopt;
  place.mark = *mark;
  return place;
}

// An address, one with a port, or a network.
std::optional<proxy::PeerFilter> peer_of(const std::string& text) {
  if (const auto block = net::Cidr::parse(text); block.ok()) return proxy::PeerFilter{*block, 0};
  const auto endpoint = parse_bind(text);
  if (!endpoint.ok() || endpoint->port == 0) return std::nullopt;
  return proxy::PeerFilter{*net::Cidr::parse(endpoint->host), endpoint->port};
}

absl::Status no_connection(const std::string& mark) {
  return error(absl::StatusCode::kNotFound, "there is no connection '{}'", mark);
}

// Of listeners or pools, in configured order.
template <typename Settings>
std::string names_of(const std::vector<Settings>& all) {
  std::string names;
  for (const Settings& one : all) names += (names.empty() ? "" : ", ") + one.name;
  return names;
}

control::Metadata metadata_of(const google::protobuf::Map<std::string, std::string>& map) {
  control::Metadata metadata(map.begin(), map.end());
  std::sort(metadata.begin(), metadata.end());
  return metadata;
}

}  // namespace

AdminSource::AdminSource(const RunningConfig& running, const std::string& config_path,
                         proxy::Proxy& proxy, ControlPlane& plane, const ReadinessGate& readiness,
                         Reload& reload, DeadLetters& letters, Statistics& statistics)
    : running_(running),
      config_path_(config_path),
      proxy_(proxy),
      plane_(plane),
      readiness_(readiness),
      reload_(reload),
      dead_letters_(letters, proxy),
      letters_(letters),
      statistics_(statistics),
      started_at_(to_rfc3339(std::chrono::system_clock::now())) {}

// --- what the process is ---

absl::StatusOr<api::Info> AdminSource::info() { return info_of(proxy_.snapshot(kSnapshotTimeout)); }

api::Info AdminSource::info_of(const proxy::ProxySnapshot& snapshot) const {
  const admin::Readiness readiness = readiness_.look();
  const ConfigPtr config = running_.get();
  api::Info info;
  info.set_version(std::string(kVersion));
  info.set_proxy_id(config->proxy.proxy_id);
  info.set_boot_id(to_hex(proxy_.boot_id()));
  info.set_pid(static_cast<std::uint32_t>(getpid()));
  info.set_started_at(started_at_);
  info.set_workers(static_cast<std::uint32_t>(proxy_.workers()));
  info.set_ready(readiness.ready);
  info.set_not_ready_reason(readiness.ready ? "" : readiness.reason);
  info.set_draining(readiness_.draining());
  info.set_max_connections(snapshot.max_connections);
  info.set_memory_used_bytes(snapshot.memory_used);
  info.set_memory_limit_bytes(snapshot.memory_limit);
  info.set_config_file(config_path_);
  if (const auto& lab = config->admin.lab) info.set_lab(lab->to_string());
  for (const proxy::WorkerSnapshot& worker : snapshot.workers) {
    info.set_connections(info.connections() + worker.connections);
    info.set_held_connections(info.held_connections() + worker.held);
  }
  return info;
}

absl::StatusOr<api::Overview> AdminSource::overview() {
  const proxy::ProxySnapshot snapshot = proxy_.snapshot(kSnapshotTimeout);
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  api::Overview out;
  out.set_at(to_rfc3339(std::chrono::system_clock::now()));
  out.set_uptime_ms(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::steady_clock::now() - begun_)
                                     .count()));
  *out.mutable_info() = info_of(snapshot);
  out.set_dead_letters(letters_.counts().stored);
  *out.mutable_listeners() = std::move(*listeners_of(snapshot).mutable_listeners());
  *out.mutable_pools() = std::move(*pools_of(snapshot, *upstreams).mutable_pools());
  add_workers(out, snapshot, *proxy_.layout());
  add_upstreams(out, snapshot, *std::move(upstreams));
  return out;
}

absl::StatusOr<api::Stats> AdminSource::stats() { return statistics_.stats(); }

absl::StatusOr<api::StatsHistory> AdminSource::stats_history(const admin::StatsQuery& query) {
  return statistics_.history(query);
}

absl::StatusOr<api::ListenerList> AdminSource::listeners() {
  return listeners_of(proxy_.snapshot(kSnapshotTimeout));
}

api::ListenerList AdminSource::listeners_of(const proxy::ProxySnapshot& snapshot) const {
  api::ListenerList list;
  const proxy::LayoutPtr layout = proxy_.layout();
  for (const proxy::ListenerContext& listener : layout->listeners) {
    if (!listener.open || listener.index >= snapshot.listeners.size()) continue;
    *list.add_listeners() = view_of(snapshot.listeners[listener.index], *listener.settings);
  }
  return list;
}

absl::StatusOr<api::PoolList> AdminSource::pools() {
  const proxy::ProxySnapshot snapshot = proxy_.snapshot(kSnapshotTimeout);
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  return pools_of(snapshot, *upstreams);
}

api::PoolList AdminSource::pools_of(const proxy::ProxySnapshot& snapshot,
                                    const std::vector<UpstreamView>& upstreams) const {
  api::PoolList list;
  const proxy::LayoutPtr layout = proxy_.layout();
  for (std::size_t slot = 0; slot < layout->pools.size(); ++slot) {
    const proxy::PoolContext& pool = layout->pools[slot];
    // One that is gone is shown as long as it serves someone.
    if (!pool.configured && proxy_.pool_empty(slot)) continue;
    *list.add_pools() = view_of(*pool.settings, slot, snapshot, upstreams);
  }
  return list;
}

absl::StatusOr<api::Pool> AdminSource::pool(const std::string& name) {
  auto list = pools();
  if (!list.ok()) return list.status();
  for (api::Pool& pool : *list->mutable_pools()) {
    if (pool.name() == name) return std::move(pool);
  }
  return error(absl::StatusCode::kNotFound, "there is no pool '{}'", name);
}

absl::StatusOr<std::size_t> AdminSource::pool_slot(const std::string& name,
                                                   const std::string& field) const {
  if (const auto slot = proxy_.layout()->any_pool_slot(name)) return *slot;
  return field_error(field, "there is no pool '{}', known: {}", name,
                     names_of(running_.get()->proxy.pools));
}

// --- upstreams ---

absl::StatusOr<api::UpstreamList> AdminSource::upstreams(const std::string& pool) {
  if (!pool.empty()) {
    if (const auto slot = pool_slot(pool, "pool"); !slot.ok()) return slot.status();
  }
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  const proxy::ProxySnapshot snapshot = proxy_.snapshot(kSnapshotTimeout);
  const proxy::LayoutPtr layout = proxy_.layout();
  api::UpstreamList list;
  for (const proxy::PoolContext& of : layout->pools) {
    const std::string& name = of.settings->name;
    for (UpstreamView& view : *upstreams) {
      if (view.resource.pool() != name || (!pool.empty() && name != pool)) continue;
      add_links(view, snapshot);
      *list.add_upstreams() = std::move(view.resource);
    }
  }
  return list;
}

absl::StatusOr<api::Upstream> AdminSource::with_links(absl::StatusOr<UpstreamView> upstream) {
  if (!upstream.ok()) return upstream.status();
  add_links(*upstream, proxy_.snapshot(kSnapshotTimeout));
  return std::move(upstream->resource);
}

absl::StatusOr<api::Upstream> AdminSource::upstream(const std::string& id) {
  auto view = plane_.upstream(id);
  if (!view.ok()) return view.status();
  auto history = plane_.history(view->resource.id());
  auto upstream = with_links(*std::move(view));
  if (upstream.ok() && history.ok()) *upstream->mutable_history() = *std::move(history);
  return upstream;
}

absl::StatusOr<api::Upstream> AdminSource::add_upstream(const api::NewUpstream& upstream,
                                                        const admin::Actor& /*actor*/) {
  auto spec = spec_of(upstream.pool(), upstream.address(), upstream.weight(), upstream.protocol(),
                      upstream.insecure(), metadata_of(upstream.metadata()));
  if (!spec.ok()) return spec.status();
  return with_links(plane_.add(identity::RandomMarks().next().to_string(), *std::move(spec)));
}

absl::StatusOr<api::Upstream> AdminSource::change_upstream(const std::string& id,
                                                           const api::UpstreamChange& change,
                                                           const admin::Actor& /*actor*/) {
  control::Control::Wish wish;
  if (change.has_weight()) wish.weight = change.weight();
  if (change.has_admin_state()) wish.admin_state = control::admin_state_of(change.admin_state());
  return with_links(plane_.change(id, wish));
}

absl::StatusOr<api::Upstream> AdminSource::remove_upstream(const std::string& id,
                                                           const admin::Actor& /*actor*/) {
  return with_links(plane_.remove(id));
}

absl::StatusOr<std::pair<api::Registration, bool>> AdminSource::put_registration(
    const std::string& id, const api::NewRegistration& registration,
    const admin::Actor& /*actor*/) {
  constexpr std::uint32_t kDefaultTtl = 15;
  auto spec = spec_of(registration.pool(), registration.address(), registration.weight(),
                      registration.protocol(), registration.insecure(),
                      metadata_of(registration.metadata()));
  if (!spec.ok()) return spec.status();
  const std::uint32_t ttl =
      registration.ttl_seconds() == 0 ? kDefaultTtl : registration.ttl_seconds();
  auto lease = plane_.put_lease(id, *std::move(spec), ttl);
  if (!lease.ok()) return lease.status();
  return std::pair(registration_of(lease->upstream.resource, ttl), lease->is_new);
}

absl::StatusOr<api::Registration> AdminSource::delete_registration(const std::string& id,
                                                                   const admin::Actor& /*actor*/) {
  auto upstream = plane_.end_lease(id);
  if (!upstream.ok()) return upstream.status();
  return registration_of(upstream->resource, upstream->ttl_seconds);
}

// --- connections ---

absl::StatusOr<proxy::ConnectionFilter> AdminSource::filter_of(const api::ConnectionFilter& filter,
                                                               const std::string& path) {
  proxy::ConnectionFilter out;
  if (filter.state() == "active") out.activity = proxy::ConnectionFilter::Activity::active;
  if (filter.state() == "inactive") out.activity = proxy::ConnectionFilter::Activity::inactive;
  if (!filter.upstream().empty()) {
    auto upstream = plane_.upstream(filter.upstream());
    if (!upstream.ok()) {
      return field_error(path + "upstream", "{}", message_of(upstream.status()));
    }
    out.upstream = upstream->index;
  }
  if (!filter.listener().empty()) {
    out.listener = proxy_.layout()->any_listener_slot(filter.listener());
    if (!out.listener) {
      return field_error(path + "listener", "there is no listener '{}', known: {}",
                         filter.listener(), names_of(running_.get()->proxy.listeners));
    }
  }
  if (!filter.pool().empty()) {
    const auto index = pool_slot(filter.pool(), path + "pool");
    if (!index.ok()) return index.status();
    out.pool = *index;
  }
  if (!filter.peer().empty()) {
    out.peer = peer_of(filter.peer());
    if (!out.peer) {
      return field_error(path + "peer",
                         "'{}' is no address, such as 192.0.2.1, 192.0.2.1:5000, 2001:db8::1 or "
                         "[2001:db8::1]:5000, and no network, such as 192.0.2.0/24",
                         filter.peer());
    }
  }
  if (!filter.group().empty()) {
    PoolSlot pool;
    if (out.pool) pool = static_cast<std::uint32_t>(*out.pool);
    out.group = proxy_.presence().everyone_in(filter.group(), pool);
  }
  return out;
}

absl::StatusOr<api::ConnectionList> AdminSource::connections(const admin::ConnectionQuery& query) {
  auto filter = filter_of(query.filter, "");
  if (!filter.ok()) return filter.status();
  SurveyOrder order{.action = SurveyOrder::Action::list,
                    .filter = *filter,
                    .key = list_key_of(query.order),
                    .descending = query.descending,
                    .limit = query.limit};
  if (!query.page_token.empty()) {
    order.after = place_of(query.page_token, order.key);
    if (!order.after) {
      return field_error("page_token", "'{}' is none of this server's", query.page_token);
    }
  }
  auto answer = proxy_.survey(order, kSurveyTimeout);
  if (!answer.ok()) return answer.status();
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  api::ConnectionList list;
  const proxy::LayoutPtr layout = proxy_.layout();
  for (const proxy::ConnectionSnapshot& snapshot : answer->connections) {
    *list.add_connections() = view_of(snapshot, *layout, *upstreams);
  }
  if (answer->more_after) list.set_next_page_token(page_token_of(*answer->more_after, order.key));
  list.set_matched(answer->matched);
  return list;
}

absl::StatusOr<proxy::SurveyAnswer> AdminSource::survey_one(SurveyOrder::Action action,
                                                            const std::string& mark,
                                                            const std::string& payload) {
  const auto parsed = mark_of(mark);
  if (!parsed.ok()) return parsed.status();
  auto answer =
      proxy_.survey({.action = action, .mark = *parsed, .payload = payload}, kSurveyTimeout);
  if (answer.ok() && answer->matched == 0) return no_connection(mark);
  return answer;
}

absl::StatusOr<api::Connection> AdminSource::connection(const std::string& mark) {
  if (!mark_of(mark).ok()) return no_connection(mark);
  auto answer = survey_one(SurveyOrder::Action::list, mark, {});
  if (!answer.ok()) return answer.status();
  if (answer->connections.empty()) return no_connection(mark);
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  const proxy::ConnectionSnapshot& snapshot = answer->connections.front();
  api::Connection connection = view_of(snapshot, *proxy_.layout(), *upstreams);
  *connection.mutable_presence() = presence_of(snapshot);
  *connection.mutable_ledger() = ledger_of(snapshot.ledger);
  return connection;
}

absl::StatusOr<api::ActionDone> AdminSource::close_connection(const std::string& mark,
                                                              const std::string& /*reason*/,
                                                              const std::string& goodbye,
                                                              const admin::Actor& /*actor*/) {
  const auto answer = survey_one(SurveyOrder::Action::close, mark, goodbye);
  if (!answer.ok()) return answer.status();
  api::ActionDone done;
  done.set_mark(mark);
  return done;
}

absl::StatusOr<api::ActionDone> AdminSource::send_to_connection(const std::string& mark,
                                                                const std::string& payload,
                                                                const admin::Actor& /*actor*/) {
  const auto answer = survey_one(SurveyOrder::Action::send, mark, payload);
  if (!answer.ok()) return answer.status();
  if (answer->failed > 0) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "connection '{}' did not take it: its queue is full, or its framing cannot carry "
                 "such a payload",
                 mark);
  }
  api::ActionDone done;
  done.set_mark(mark);
  return done;
}

absl::StatusOr<std::unique_ptr<admin::StreamSource>> AdminSource::tap_connection(
    const std::string& mark, const admin::TapQuery& query) {
  const auto parsed = mark_of(mark);
  if (!parsed.ok()) return parsed.status();
  auto slot = TapSlot::take(taps_);
  if (!slot) {
    return error(absl::StatusCode::kUnavailable, "no more than {} taps at a time", TapSlot::kMost);
  }
  api::TapBegin begin;
  begin.set_mark(parsed->to_string());
  begin.set_max_bytes(query.max_bytes);
  begin.set_max_rate(query.max_rate);
  auto tap = std::make_shared<proxy::Tap>(
      proxy::TapLimits{.frame_bytes = query.max_bytes, .bytes_per_second = query.max_rate});
  // From here on the tap is closed on every way out.
  auto source = std::make_unique<TapSource>(begin, tap, *std::move(slot));
  const auto answer = proxy_.survey(
      {.action = SurveyOrder::Action::tap, .mark = *parsed, .tap = std::move(tap)}, kSurveyTimeout);
  if (!answer.ok()) return answer.status();
  if (answer->done == 0) return no_connection(mark);
  return source;
}

absl::StatusOr<api::ConnectionsActionDone> AdminSource::act_on_many(
    SurveyOrder order, const api::ConnectionFilter& asked, bool dry_run) {
  if (asked.state().empty() && asked.upstream().empty() && asked.listener().empty() &&
      asked.pool().empty() && asked.group().empty() && asked.peer().empty()) {
    return field_error("filter", "may not be empty; state: all is a filter");
  }
  auto filter = filter_of(asked, "filter.");
  if (!filter.ok()) return filter.status();
  order.filter = *std::move(filter);
  if (dry_run) order.action = SurveyOrder::Action::count;
  const auto answer = proxy_.survey(order, kSurveyTimeout);
  if (!answer.ok()) return answer.status();
  api::ConnectionsActionDone done;
  done.set_matched(answer->matched);
  done.set_done(answer->done);
  return done;
}

absl::StatusOr<api::ConnectionsActionDone> AdminSource::close_connections(
    const api::ConnectionsAction& action, const admin::Actor& /*actor*/) {
  return act_on_many({.action = SurveyOrder::Action::close}, action.filter(), action.dry_run());
}

absl::StatusOr<api::ConnectionsActionDone> AdminSource::rebalance_connections(
    const api::ConnectionsAction& action, const admin::Actor& /*actor*/) {
  return act_on_many({.action = SurveyOrder::Action::rebalance}, action.filter(), action.dry_run());
}

absl::StatusOr<api::ConnectionsActionDone> AdminSource::rotate_connections(
    const api::ConnectionsRotation& rotation, const admin::Actor& /*actor*/) {
  return act_on_many({.action = SurveyOrder::Action::rotate,
                      .spread_ms = std::uint64_t{rotation.spread_seconds()} * 1000},
                     rotation.filter(), rotation.dry_run());
}

absl::StatusOr<api::BroadcastDone> AdminSource::broadcast(const api::Broadcast& broadcast,
                                                          const std::string& payload,
                                                          const admin::Actor& /*actor*/) {
  api::ConnectionFilter asked;
  asked.set_state(broadcast.to());
  asked.set_pool(broadcast.pool());
  asked.set_group(broadcast.group());
  auto filter = filter_of(asked, "");
  if (!filter.ok()) return filter.status();
  const auto answer = proxy_.survey(
      {.action = broadcast.dry_run() ? SurveyOrder::Action::count : SurveyOrder::Action::send,
       .filter = *filter,
       .payload = payload},
      kSurveyTimeout);
  if (!answer.ok()) return answer.status();
  api::BroadcastDone done;
  done.set_attempted(answer->matched);
  done.set_written(answer->done);
  done.set_failed(answer->failed);
  done.set_skipped(answer->skipped);
  return done;
}

// --- names and groups ---

absl::StatusOr<PoolSlot> AdminSource::slot_of(const admin::PresenceQuery& query) const {
  if (query.pool.empty()) return std::nullopt;
  const auto slot = pool_slot(query.pool, "pool");
  if (!slot.ok()) return slot.status();
  return static_cast<std::uint32_t>(*slot);
}

absl::StatusOr<api::NameList> AdminSource::names(const admin::PresenceQuery& query) {
  const auto pool = slot_of(query);
  if (!pool.ok()) return pool.status();
  return names_page(proxy_, *pool, query);
}

absl::StatusOr<api::GroupList> AdminSource::groups(const admin::PresenceQuery& query) {
  const auto pool = slot_of(query);
  if (!pool.ok()) return pool.status();
  return groups_page(proxy_, *pool, query);
}

absl::StatusOr<api::MemberList> AdminSource::group(const std::string& group,
                                                   const admin::PresenceQuery& query) {
  const auto pool = slot_of(query);
  if (!pool.ok()) return pool.status();
  return members_page(proxy_, group, *pool, query);
}

// --- dead letters ---

absl::StatusOr<api::DeadLetterList> AdminSource::dead_letters(const admin::DeadLetterQuery& query) {
  return dead_letters_.list(query);
}

absl::StatusOr<api::DeadLetterContent> AdminSource::dead_letter(const std::string& id) {
  return dead_letters_.show(id);
}

absl::StatusOr<api::DeadLetterReplayed> AdminSource::replay_dead_letter(
    const std::string& id, const admin::Actor& /*actor*/) {
  return dead_letters_.replay(id);
}

absl::StatusOr<api::DeadLettersActionDone> AdminSource::replay_dead_letters(
    const api::DeadLettersAction& action, const admin::Actor& /*actor*/) {
  return dead_letters_.replay_many(action);
}

absl::StatusOr<api::DeadLetter> AdminSource::drop_dead_letter(const std::string& id,
                                                              const admin::Actor& /*actor*/) {
  return dead_letters_.drop(id);
}

absl::StatusOr<api::DeadLettersActionDone> AdminSource::drop_dead_letters(
    const api::DeadLettersAction& action, const admin::Actor& /*actor*/) {
  return dead_letters_.drop_many(action);
}

// --- configuration ---

absl::StatusOr<api::ConfigDocument> AdminSource::config() {
  api::ConfigDocument document;
  document.set_yaml(running_.get()->shown_yaml);
  return document;
}

absl::StatusOr<api::ConfigDiff> AdminSource::config_diff() {
  auto differences = reload_.differences();
  if (!differences.ok()) return differences.status();
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  api::ConfigDiff diff;
  for (const Reload::Difference& difference : *differences) {
    api::ConfigDifference& one = *diff.add_differences();
    one.set_path(difference.change.path);
    one.set_running(difference.change.before);
    one.set_file(difference.change.after);
    one.set_persisted(difference.kept);
  }
  for (const UpstreamView& view : *upstreams) add_overrides(view, diff);
  return diff;
}

absl::StatusOr<api::ConfigDiff> AdminSource::change_config(const api::ConfigChange& change,
                                                           const admin::Actor& /*actor*/) {
  FlatConfig values(change.set().begin(), change.set().end());
  std::sort(values.begin(), values.end());
  if (absl::Status done = reload_.set(values, change.persist()); !done.ok()) return done;
  return config_diff();
}

absl::StatusOr<api::ReloadDone> AdminSource::reload_config(const admin::Actor& /*actor*/) {
  auto changes = reload_.reload();
  if (!changes.ok()) return changes.status();
  api::ReloadDone done;
  for (const ConfigChange& change : *changes) {
    done.add_changed(fmt::format("{}: {} -> {}", change.path,
                                 change.before.empty() ? "nothing" : change.before,
                                 change.after.empty() ? "nothing" : change.after));
  }
  return done;
}

}  // namespace waymark::app
