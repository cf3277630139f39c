// waymark-lab load
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "ctl/output.h"

namespace waymark {

// Adds it to `app`; `run` is set if it is chosen. `dir`, of the lab, is read when it runs.
void add_load(CLI::App& app, const std::string& dir,
              std::function<absl::Status(ctl::Output&)>& run);

}  // namespace waymark
