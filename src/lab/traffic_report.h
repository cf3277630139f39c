// The load of a lab, for people.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "ctl/table.h"
#include "lab/traffic.h"

namespace waymark::lab {

// One line: what is, and what was done since `before`.
[[nodiscard]] std::string progress_line(const TrafficMoment& before, const TrafficMoment& now);

[[nodiscard]] std::string traffic_summary(const TrafficPlan& plan, const TrafficMoment& end,
                                          const ctl::Style& style);

// Aborted, naming all, if a connection was cut off or refused, or an answer was somebody else's.
[[nodiscard]] absl::Status traffic_verdict(const TrafficTally& tally);

}  // namespace waymark::lab
