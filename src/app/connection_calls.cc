#include "app/connection_calls.h"

#include <chrono>
#include <utility>

#include "app/api_view.h"
#include "app/connection_query.h"
#include "app/page_token.h"
#include "app/tap_source.h"
#include "base/field_error.h"
#include "base/status.h"

namespace waymark::app {
namespace {

using proxy::SurveyOrder;

constexpr std::chrono::milliseconds kSurveyTimeout{5'000};

absl::StatusOr<Mark> mark_of(const std::string& text) {
  if (const auto mark = Mark::parse(text)) return *mark;
  return field_error("mark", "'{}' is not a UUID", text);
}

absl::Status no_connection(const std::string& mark) {
  return error(absl::StatusCode::kNotFound, "there is no connection '{}'", mark);
}

api::ActionDone done_to(const std::string& mark) {
  api::ActionDone done;
  done.set_mark(mark);
  return done;
}

}  // namespace

absl::StatusOr<proxy::ConnectionFilter> ConnectionCalls::filter_of(
    const api::ConnectionFilter& asked, const std::string& path) const {
  const proxy::LayoutPtr layout = proxy_.layout();
  const ConfigPtr config = running_.get();
  return app::filter_of(
      asked, path,
      {.layout = *layout,
       .settings = config->proxy,
       .upstream = [&](const std::string& upstream) -> absl::StatusOr<std::uint32_t> {
         const auto view = plane_.upstream(upstream);
         if (!view.ok()) return view.status();
         return view->index;
       },
       .group = [&](auto group, auto pool) { return proxy_.presence().everyone_in(group, pool); }});
}

// --- questions ---

absl::StatusOr<api::ConnectionList> ConnectionCalls::list(
    const admin::ConnectionQuery& query) const {
  auto filter = filter_of(query.filter, "");
  if (!filter.ok()) return filter.status();
  SurveyOrder order{.action = SurveyOrder::Action::list,
                    .filter = *std::move(filter),
                    .key = list_key_of(query.order),
                    .descending = query.descending,
                    .limit = query.limit};
  if (!query.page_token.empty()) {
    order.after = place_of(query.page_token, order.key);
    if (!order.after) return foreign_token(query.page_token);
  }
  const auto answer = proxy_.survey(order, kSurveyTimeout);
  if (!answer.ok()) return answer.status();
  const auto upstreams = plane_.upstreams();
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

absl::StatusOr<api::Connection> ConnectionCalls::show(const std::string& mark) const {
  if (!mark_of(mark).ok()) return no_connection(mark);
  const auto answer = survey_one(SurveyOrder::Action::list, mark, {});
  if (!answer.ok()) return answer.status();
  if (answer->connections.empty()) return no_connection(mark);
  const auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  const proxy::ConnectionSnapshot& snapshot = answer->connections.front();
  api::Connection connection = view_of(snapshot, *proxy_.layout(), *upstreams);
  *connection.mutable_presence() = presence_of(snapshot);
  *connection.mutable_ledger() = ledger_of(snapshot.ledger);
  return connection;
}

// --- one connection ---

absl::StatusOr<proxy::SurveyAnswer> ConnectionCalls::survey_one(SurveyOrder::Action action,
                                                                const std::string& mark,
                                                                const std::string& payload) const {
  const auto parsed = mark_of(mark);
  if (!parsed.ok()) return parsed.status();
  auto answer =
      proxy_.survey({.action = action, .mark = *parsed, .payload = payload}, kSurveyTimeout);
  if (answer.ok() && answer->matched == 0) return no_connection(mark);
  return answer;
}

absl::StatusOr<api::ActionDone> ConnectionCalls::close(const std::string& mark,
                                                       const std::string& goodbye) {
  const auto answer = survey_one(SurveyOrder::Action::close, mark, goodbye);
  if (!answer.ok()) return answer.status();
  return done_to(mark);
}

absl::StatusOr<api::ActionDone> ConnectionCalls::send(const std::string& mark,
                                                      const std::string& payload) {
  const auto answer = survey_one(SurveyOrder::Action::send, mark, payload);
  if (!answer.ok()) return answer.status();
  if (answer->failed > 0) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "connection '{}' did not take it: its queue is full, or its framing cannot carry "
                 "such a payload",
                 mark);
  }
  return done_to(mark);
}

absl::StatusOr<std::unique_ptr<admin::StreamSource>> ConnectionCalls::tap(
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

// --- many connections ---

absl::StatusOr<api::ConnectionsActionDone> ConnectionCalls::act_on_many(
    SurveyOrder order, const api::ConnectionFilter& asked, bool dry_run) {
  if (is_empty(asked)) return field_error("filter", "may not be empty; state: all is a filter");
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

absl::StatusOr<api::ConnectionsActionDone> ConnectionCalls::close_many(
    const api::ConnectionsAction& action) {
  return act_on_many({.action = SurveyOrder::Action::close}, action.filter(), action.dry_run());
}

absl::StatusOr<api::ConnectionsActionDone> ConnectionCalls::rebalance(
    const api::ConnectionsAction& action) {
  return act_on_many({.action = SurveyOrder::Action::rebalance}, action.filter(), action.dry_run());
}

absl::StatusOr<api::ConnectionsActionDone> ConnectionCalls::rotate(
    const api::ConnectionsRotation& rotation) {
  return act_on_many({.action = SurveyOrder::Action::rotate,
                      .spread_ms = std::uint64_t{rotation.spread_seconds()} * 1000},
                     rotation.filter(), rotation.dry_run());
}

absl::StatusOr<api::BroadcastDone> ConnectionCalls::broadcast(const api::Broadcast& broadcast,
                                                              const std::string& payload) {
  api::ConnectionFilter asked;
  asked.set_state(broadcast.to());
  asked.set_pool(broadcast.pool());
  asked.set_group(broadcast.group());
  auto filter = filter_of(asked, "");
  if (!filter.ok()) return filter.status();
  const auto answer = proxy_.survey(
      {.action = broadcast.dry_run() ? SurveyOrder::Action::count : SurveyOrder::Action::send,
       .filter = *std::move(filter),
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

}  // namespace waymark::app
