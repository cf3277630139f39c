#include "app/stats_view.h"

#include <deque>
#include <map>
#include <string>

namespace waymark::app {
namespace {

constexpr double kNsInMs = 1e6;
constexpr std::size_t kLastMinute = 60;
constexpr std::size_t kLast15Minutes = 900;

void add(stats::Counts& to, const proxy::UpstreamCounts& counts, const TimeBuckets& answers) {
  to.answers += counts.answers;
  to.failed_answers += counts.failed_answers;
  to.answer_times.add(answers);
}

stats::Counts counts_of(const proxy::WorkerSnapshot& worker) {
  stats::Counts counts;
  add(counts, worker.upstream_counts, worker.answers);
  for (const proxy::ListenerTraffic& traffic : worker.counters.listeners) {
    counts.frames += traffic.frames_up;
    counts.delivered += traffic.frames_down;
  }
  counts.timed_out = worker.counters.reply_timeouts;  // also what no upstream had
  counts.dead_lettered = worker.counters.frames_given_up;
  counts.up = worker.up;
  counts.down = worker.down;
  return counts;
}

stats::Counts counts_of(const proxy::UpstreamSnapshot& upstream) {
  stats::Counts counts;
  add(counts, upstream.counts, upstream.answers);
  counts.frames = upstream.counts.former_frames + upstream.frames_sent + upstream.counts.taken_back;
  counts.timed_out = upstream.counts.timed_out;
  counts.dead_lettered = upstream.counts.given_up;
  return counts;
}

api::AnswerTimes view_of(const TimeBuckets& times) {
  api::AnswerTimes out;
  const std::uint64_t count = times.count();
  if (count == 0) return out;
  out.set_measured(count);
  out.set_mean_ms(static_cast<double>(times.sum()) / static_cast<double>(count) / kNsInMs);
  out.set_p50_ms(static_cast<double>(times.quantile(0.5)) / kNsInMs);
  out.set_p99_ms(static_cast<double>(times.quantile(0.99)) / kNsInMs);
  return out;
}

template <typename Rate>
api::Rates rates_of(Rate rate) {
  api::Rates out;
  out.set_last_second(rate(1));
  out.set_last_minute(rate(kLastMinute));
  out.set_last_15_minutes(rate(kLast15Minutes));
  return out;
}

void add_point(api::StatsHistory& out, const stats::Point& point) {
  out.add_at(static_cast<std::uint64_t>(point.at));
  out.add_millis(point.millis);
  out.add_frames(point.frames);
  out.add_delivered(point.delivered);
  out.add_answers(point.answers);
  out.add_failed_answers(point.failed_answers);
  out.add_timed_out(point.timed_out);
  out.add_dead_lettered(point.dead_lettered);
  out.add_connections(point.connections);
  out.add_answer_p50_us(point.answer_p50_us);
  out.add_answer_p99_us(point.answer_p99_us);
  out.add_up_p99_us(point.up_p99_us);
  out.add_down_p99_us(point.down_p99_us);
}

}  // namespace

std::vector<stats::Count> reading_of(const proxy::ProxySnapshot& snapshot,
                                     const std::vector<UpstreamView>& upstreams) {
  std::map<std::uint32_t, std::string> ids;
  for (const UpstreamView& upstream : upstreams) ids[upstream.index] = upstream.resource.id();
  std::vector<stats::Count> all;
  for (const proxy::WorkerSnapshot& worker : snapshot.workers) {
    all.push_back({.source = {worker.worker, 0},
                   .upstream = "",
                   .counts = counts_of(worker),
                   .connections = worker.connections});
    for (const proxy::UpstreamSnapshot& upstream : worker.upstreams) {
      const auto id = ids.find(upstream.index);
      stats::Count& count = all.emplace_back();
      count.source = {worker.worker, upstream.incarnation};
      if (id != ids.end()) count.upstream = id->second;
      count.counts = counts_of(upstream);
      count.connections = upstream.connections;
    }
  }
  return all;
}

api::Statistics view_of(const stats::Series& series) {
  const stats::Counts& total = series.total();
  api::Statistics out;
  out.set_connections(series.connections());
  out.set_frames(total.frames);
  out.set_answers(total.answers);
  out.mutable_errors()->set_timed_out(total.timed_out);
  out.mutable_errors()->set_dead_lettered(total.dead_lettered);
  out.mutable_errors()->set_failed_answers(total.failed_answers);
  *out.mutable_answer_time() = view_of(total.answer_times);
  *out.mutable_answer_time_last_minute() = view_of(series.last_minute().answer_times);
  *out.mutable_frames_per_second() =
      rates_of([&](std::size_t seconds) { return series.rate(&stats::Point::frames, seconds); });
  *out.mutable_answers_per_second() =
      rates_of([&](std::size_t seconds) { return series.rate(&stats::Point::answers, seconds); });
  *out.mutable_errors_per_second() =
      rates_of([&](std::size_t seconds) { return series.error_rate(seconds); });
  return out;
}

api::UpstreamStatistics view_of(const UpstreamView& upstream, const stats::Series* series) {
  const api::Upstream& resource = upstream.resource;
  api::UpstreamStatistics out;
  out.set_upstream(resource.id());
  out.set_name(resource.name());
  out.set_pool(resource.pool());
  out.set_state(resource.state());
  if (series == nullptr) return out;
  *out.mutable_statistics() = view_of(*series);
  out.mutable_statistics()->set_uptime_seconds(upstream.ready_seconds);
  return out;
}

api::StatsHistory history_of(const stats::Series& series, const admin::StatsQuery& query) {
  const std::deque<stats::Point>& points = query.by_minute ? series.minutes() : series.seconds();
  api::StatsHistory out;
  out.set_upstream(query.upstream);
  out.set_resolution_seconds(query.by_minute ? stats::kSecondsInMinute : 1);
  for (const stats::Point& point : points) {
    if (point.at > static_cast<std::int64_t>(query.since)) add_point(out, point);
  }
  return out;
}

}  // namespace waymark::app
