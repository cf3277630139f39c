// What to do, when the command line does not say: it is asked, with choices.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/output.h"

namespace waymark {

// Asks on the terminal what to do with the lab of `dir`, or with none. What it returns are the
// arguments that do it, `--dir` aside: {"kill", "stub-1"}. Aborted if there is no answer.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> ask_what_to_do(const std::string& dir,
                                                                      ctl::Output& out);

// As a shell reads them.
[[nodiscard]] std::string shell_line(const std::vector<std::string>& words);

}  // namespace waymark
