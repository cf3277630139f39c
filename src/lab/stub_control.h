// The control socket of a waymark-stub, from the other side.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace waymark::lab {

// Sends a line to the Unix socket `path` and returns the line that answers, both with their ends.
// Unavailable if nobody is there or answers within 5 s.
[[nodiscard]] absl::StatusOr<std::string> ask_stub(const std::string& path,
                                                   const std::string& line);

}  // namespace waymark::lab
