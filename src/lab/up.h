// `waymark-lab up`: a lab in the foreground, from its plan to its end.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "ctl/output.h"
#include "lab/plan.h"

namespace waymark::lab {

struct UpOptions {
  Plan plan;
  std::string dir;                             // of its files
  std::chrono::milliseconds patience{30'000};  // until every proxy has every upstream
};

// Returns when the lab has been told to end and nothing of it is left. Call it before there is a
// second thread. The error of a process that does not come up has its last lines.
[[nodiscard]] absl::Status run_lab(const UpOptions& options, ctl::Output& out);

}  // namespace waymark::lab
