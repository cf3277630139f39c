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

// Finds ports, writes configurations and tokens into `dir`. Upstreams are configured nowhere: they
// register at each proxy. `programs` holds waymark and waymark-stub.
[[nodiscard]] absl::StatusOr<std::vector<Recipe>> make_recipes(const Plan& plan, const RunDir& dir,
                                                               const std::string& programs);

}  // namespace waymark::lab
