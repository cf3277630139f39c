// The load of a lab: clients of its proxies, on one thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lab/traffic_frame.h"
#include "lab/traffic_plan.h"

namespace waymark::lab {

struct TrafficMoment {
  TrafficPlan::Millis elapsed{0};
  std::size_t clients = 0;  // connected
  TrafficTally tally;
};

// Runs until the plan's time is over, until SIGINT, SIGTERM or SIGHUP comes, or until `each_second`
// returns false; its clients leave then, within two seconds. `proxies`, "127.0.0.1:7900" and so on,
// are taken in turn. What it returns is how it was at the end. Call it in a process of one thread.
[[nodiscard]] absl::StatusOr<TrafficMoment> run_traffic(
    const TrafficPlan& plan, const std::vector<std::string>& proxies,
    const std::function<bool(const TrafficMoment&)>& each_second);

}  // namespace waymark::lab
