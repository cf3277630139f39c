// `waymark-lab chaos`.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "ctl/output.h"

namespace waymark {

using Run = std::function<absl::Status(ctl::Output&)>;

// When it is on the command line `run` becomes what it does. `dir` of the lab is read then, and
// outlives that.
void add_chaos_command(CLI::App& app, const std::string& dir, Run& run);

}  // namespace waymark
