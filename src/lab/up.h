// `waymark-lab up`: a lab in the foreground, from its plan to its end.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "ctl/output.h"
#include "lab/plan.h"
#include "lab/recipes.h"
#include "lab/supervisor.h"

namespace waymark::lab {

// Uses a lab from within, on a thread of its own.
class Guest {
 public:
  virtual ~Guest() = default;

  // The lab is up. On the supervisor's thread, which must not be kept.
  virtual void enter(Supervisor& lab, const RunDir& dir) = 0;
  // The processes have ended; returns when the guest does not use the lab any more.
  virtual void leave() = 0;
};

struct UpOptions {
  Plan plan;
  RecipeOptions recipes;
  std::string dir;                             // of its files
  std::chrono::milliseconds patience{30'000};  // until every proxy has every upstream
  Guest* guest = nullptr;                      // who is told, in place of people, that it is up
};

// Returns when the lab has been told to end and nothing of it is left. Call it before there is a
// second thread. The error of a process that does not come up has its last lines.
[[nodiscard]] absl::Status run_lab(const UpOptions& options, ctl::Output& out);

}  // namespace waymark::lab
