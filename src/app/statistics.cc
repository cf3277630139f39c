#include "app/statistics.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "app/stats_view.h"
#include "base/rfc3339.h"
#include "base/status.h"

namespace waymark::app {
namespace {

constexpr std::chrono::seconds kPeriod{1};
// What a worker that answers later has counted is a part of the next second.
constexpr std::chrono::milliseconds kSnapshotTimeout{500};

std::int64_t unix_seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

}  // namespace

Statistics::Statistics(proxy::Proxy& proxy, ControlPlane& plane, Log& log,
                       const std::string& directory)
    : proxy_(proxy), plane_(plane), file_(directory, [&log](const std::string& text) {
        log.write(LogLevel::warn, "state", {{"what", text}});
      }) {
  thread_ = std::thread([this] { run(); });
}

Statistics::~Statistics() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  write(book_.end());
}

void Statistics::run() {
  (void)pthread_setname_np(pthread_self(), "wm-stats");
  remember();
  auto next = std::chrono::steady_clock::now();
  while (true) {
    read();
    next = std::max(next + kPeriod, std::chrono::steady_clock::now());
    std::unique_lock lock(mutex_);
    if (changed_.wait_until(lock, next, [this] { return ending_; })) return;
  }
}

void Statistics::remember() {
  const std::vector<stats::Minute> minutes = file_.read();
  std::lock_guard lock(mutex_);
  book_.remember(minutes, unix_seconds());
}

void Statistics::read() {
  const proxy::ProxySnapshot snapshot = proxy_.snapshot(kSnapshotTimeout);
  const auto upstreams = plane_.upstreams();
  stats::Reading reading;
  // While the process ends the control thread tells of none any more, and those that are known go
  // on.
  reading.counts = reading_of(snapshot, upstreams.ok() ? *upstreams : std::vector<UpstreamView>());
  reading.now = {unix_seconds(), std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::steady_clock::now() - begun_)};
  std::vector<stats::Minute> ended;
  {
    std::lock_guard lock(mutex_);
    read_at_ = std::chrono::system_clock::now();
    ended = book_.read(reading);
  }
  write(ended);
}

void Statistics::write(const std::vector<stats::Minute>& minutes) {
  if (minutes.empty() || file_.write(minutes, unix_seconds())) return;
  std::lock_guard lock(mutex_);
  ++unwritten_minutes_;
}

absl::StatusOr<api::Stats> Statistics::stats() {
  const auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  const auto uptime = std::chrono::steady_clock::now() - begun_;
  std::lock_guard lock(mutex_);
  api::Stats out;
  out.set_at(to_rfc3339(read_at_));
  *out.mutable_total() = view_of(book_.total());
  out.mutable_total()->set_uptime_seconds(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(uptime).count()));
  for (const UpstreamView& upstream : *upstreams) {
    *out.add_upstreams() = view_of(upstream, book_.upstream(upstream.resource.id()));
  }
  return out;
}

absl::StatusOr<api::StatsHistory> Statistics::history(const admin::StatsQuery& query) {
  std::lock_guard lock(mutex_);
  const stats::Series* const series =
      query.upstream.empty() ? &book_.total() : book_.upstream(query.upstream);
  if (series == nullptr) {
    return error(absl::StatusCode::kNotFound, "there is no history of an upstream '{}'",
                 query.upstream);
  }
  return history_of(*series, query);
}

admin::HistoryFacts Statistics::facts() const {
  std::lock_guard lock(mutex_);
  return {.unwritten_minutes = unwritten_minutes_, .upstreams_left_out = book_.left_out()};
}

}  // namespace waymark::app
