// A proxy's snapshot as Prometheus text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "admin/dead_letter_metrics.h"
#include "admin/request_counts.h"
#include "admin/upstream_metrics.h"
#include "proxy/snapshot.h"

namespace waymark::admin {

// Of what is kept of what was counted.
struct HistoryFacts {
  std::uint64_t unwritten_minutes = 0;
  std::size_t upstreams_left_out = 0;
};

struct ProgramFacts {
  std::string_view version;
  std::uint64_t log_lines_dropped = 0;
  bool ready = false;  // what /readyz says
  bool draining = false;
  std::vector<UpstreamStanding> upstreams;
  RequestFacts requests;
  DeadLetterFacts dead_letters;
  HistoryFacts history;
};

// Conservation holds for each worker in one scrape, every frame counting once, whatever happened:
//   waymark_downstream_frames_total{direction="up"} + waymark_frames_replayed_total +
//       waymark_frames_copied_total =
//       waymark_frames_sent_total + waymark_link_outstanding_frames + waymark_frames_stranded +
//       waymark_frames_discarded_total + waymark_frames_given_up_total +
//       waymark_frames_copies_dropped_total
[[nodiscard]] std::string proxy_metrics(const proxy::ProxySnapshot& snapshot,
                                        const ProgramFacts& facts);

}  // namespace waymark::admin
