// Routes about what was counted, and how it went.

#include <algorithm>

#include "admin/admin_routes.h"
#include "admin/route_parts.h"

namespace waymark::admin {
namespace {

Response history(AdminApi& calls, const Call& call) {
  StatsQuery query;
  query.upstream = call.query_or("upstream", "");
  query.by_minute = call.query_or("resolution", "1s") == "1m";
  query.since = number_of(call, "since", 0);
  return answer(calls.stats_history(query));
}

void add_values(api::WorkerStats& out, const std::string& worker, const api::Statistics& counted) {
  const auto add = [&worker](api::WorkerValue& to, double value) {
    to.set_worker(worker);
    to.set_value(value);
  };
  const api::Failures& errors = counted.errors();
  const std::uint64_t failed =
      errors.timed_out() + errors.dead_lettered() + errors.failed_answers();
  // There may be more answers than frames: whatever goes to one client is one.
  const std::uint64_t succeeded = std::min(counted.answers() - errors.failed_answers(),
                                           counted.frames() - std::min(counted.frames(), failed));
  add(*out.add_totalrequests(), static_cast<double>(counted.frames()));
  add(*out.add_successfulrequests(), static_cast<double>(succeeded));
  add(*out.add_failedrequests(), static_cast<double>(failed));
  add(*out.add_averageresponsetime(), counted.answer_time().mean_ms());
}

absl::StatusOr<api::WorkerStats> worker_stats(AdminApi& calls) {
  const auto stats = calls.stats();
  if (!stats.ok()) return stats.status();
  api::WorkerStats out;
  add_values(out, "total", stats->total());
  for (const api::UpstreamStatistics& upstream : stats->upstreams()) {
    if (upstream.has_statistics()) add_values(out, upstream.upstream(), upstream.statistics());
  }
  return out;
}

}  // namespace

void add_stats_routes(RouteTable& table, AdminApi& calls) {
  table.add({.method = "GET",
             .path = "/v1/stats",
             .doc = "What was counted, and how fast it goes, in all and for each upstream.",
             .answers = api::Stats::descriptor(),
             .handler = [&calls](const Call&) { return answer(calls.stats()); }});
  table.add({.method = "GET",
             .path = "/v1/stats/history",
             .doc = "How it went: the last 15 minutes by the second, the last day by the minute.",
             .answers = api::StatsHistory::descriptor(),
             .query = {{.name = "upstream", .doc = "Id of one; the whole proxy if left out."},
                       {.name = "resolution",
                        .doc = "How long a step is; 1s if left out.",
                        .words = {"1s", "1m"}},
                       {.name = "since",
                        .doc = "Unix seconds; only steps later than that.",
                        .min = 1,
                        .max = 1ULL << 40U}},
             .handler = [&calls](const Call& call) { return history(calls, call); }});
  table.add({.method = "GET",
             .path = "/worker/stats",
             .doc = "The same as lists of totals and upstreams, for tools made for the ancestor.",
             .answers = api::WorkerStats::descriptor(),
             .handler = [&calls](const Call&) { return answer(worker_stats(calls)); }});
}

}  // namespace waymark::admin
