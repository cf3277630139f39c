// From a plan to the processes of a lab.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lab/member.h"
#include "lab/plan.h"
#include "lab/run_dir.h"

namespace waymark::lab {

// The directory of this program, where the others are.
[[nodiscard]] std::string program_folder();

// What a lab is told beyond its plan.
struct RecipeOptions {
  std::string journals;   // directory where upstreams write down what they are given; empty: they
                          // do not
  std::string api;        // "127.0.0.1:8300", where the dashboards of the proxies find the lab
  bool watchful = false;  // a silent upstream is given up after 2 s, and none is ejected
};

// Finds ports, writes configurations and tokens into `dir`. Upstreams are configured nowhere: they
// register at each proxy. `programs` holds waymark and waymark-stub.
[[nodiscard]] absl::StatusOr<std::vector<Recipe>> make_recipes(const Plan& plan,
                                                               const RecipeOptions& options,
                                                               const RunDir& dir,
                                                               const std::string& programs);

// Where an upstream has its journal.
[[nodiscard]] std::string journal_of(const std::string& name, const std::string& journals);

}  // namespace waymark::lab
