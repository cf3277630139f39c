// The upstreams and the links to them as metrics.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/metrics_text.h"
#include "proxy/snapshot.h"

namespace waymark::admin {

// What the control thread thinks of an upstream.
struct UpstreamStanding {
  std::string id;
  std::string pool;
  std::string address;
  std::string source;
  std::string state;
  std::string admin_state;
  std::uint32_t failures = 0;
  std::uint32_t weight = 1;
  std::uint64_t probe_failures = 0;
};

// What a worker's links count. The upstreams of a pool that share an address, which differ in
// their metadata or of which one is leaving, are added up.
void add_link_metrics(MetricsText& text, const proxy::WorkerSnapshot& worker);

void add_standing_metrics(MetricsText& text, const std::vector<UpstreamStanding>& upstreams);

}  // namespace waymark::admin
