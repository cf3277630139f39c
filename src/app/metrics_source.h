// What probes and Prometheus are told.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "admin/process_metrics.h"
#include "admin/proxy_metrics.h"
#include "admin/telemetry_source.h"
#include "app/control_plane.h"
#include "app/dead_letters.h"
#include "app/log.h"
#include "app/readiness.h"
#include "app/statistics.h"
#include "app/version.h"
#include "proxy/proxy.h"

namespace waymark::app {

class MetricsSource final : public admin::TelemetrySource {
 public:
  // All outlive it.
  MetricsSource(proxy::Proxy& proxy, ControlPlane& plane, const ReadinessGate& gate,
                const DeadLetters& letters, const Statistics& statistics, const Log& log)
      : proxy_(proxy),
        plane_(plane),
        gate_(gate),
        letters_(letters),
        statistics_(statistics),
        log_(log) {}

  // For the HTTP listeners to count in.
  [[nodiscard]] admin::RequestCounts& requests() { return requests_; }

  admin::Readiness readiness() override { return gate_.look(); }

  std::string metrics() override {
    std::vector<admin::UpstreamStanding> standings;
    if (const auto upstreams = plane_.upstreams(); upstreams.ok()) {
      for (const UpstreamView& view : *upstreams) standings.push_back(standing_of(view));
    }
    constexpr std::chrono::milliseconds kSnapshotTimeout{1000};
    return admin::proxy_metrics(proxy_.snapshot(kSnapshotTimeout),
                                {.version = kVersion,
                                 .log_lines_dropped = log_.dropped_lines(),
                                 .ready = gate_.look().ready,
                                 .draining = gate_.draining(),
                                 .upstreams = std::move(standings),
                                 .requests = requests_.all(),
                                 .dead_letters = dead_letters(),
                                 .history = statistics_.facts()}) +
           process_.text();
  }

 private:
  static admin::UpstreamStanding standing_of(const UpstreamView& view) {
    const api::Upstream& upstream = view.resource;
    return {.id = upstream.id(),
            .pool = upstream.pool(),
            .address = upstream.address(),
            .source = upstream.source(),
            .state = upstream.state(),
            .admin_state = upstream.admin_state(),
            .failures = upstream.failures(),
            .weight = upstream.weight(),
            .probe_failures = view.probe_failures};
  }

  admin::DeadLetterFacts dead_letters() const {
    const DeadLetters::Counts counts = letters_.counts();
    admin::DeadLetterFacts facts{
        .stored = counts.stored, .bytes = counts.bytes, .replayed = counts.replayed};
    for (std::size_t i = 0; i < counts.added.size(); ++i) {
      facts.added.emplace_back(name_of(static_cast<proxy::DeadLetter::Reason>(i)), counts.added[i]);
    }
    for (std::size_t i = 0; i < counts.dropped.size(); ++i) {
      facts.dropped.emplace_back(name_of(static_cast<LetterDrop>(i)), counts.dropped[i]);
    }
    return facts;
  }

  proxy::Proxy& proxy_;
  ControlPlane& plane_;
  const ReadinessGate& gate_;
  const DeadLetters& letters_;
  const Statistics& statistics_;
  const Log& log_;
  admin::RequestCounts requests_;
  const admin::ProcessMetrics process_;
};

}  // namespace waymark::app
