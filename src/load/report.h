// The end of a run, for people and for programs.
#pragma once

#include <string>

#include "load/options.h"
#include "load/run.h"

namespace waymark::load {

// A small table, lines ended with LF.
[[nodiscard]] std::string to_table(const Options& options, const Result& result);

// One JSON object, without a line end.
[[nodiscard]] std::string to_json(const Options& options, const Result& result, bool clean);

}  // namespace waymark::load
