// Files and standard input, read whole.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace waymark::ctl {

// What is in `path`, or on standard input if it is "-". The error names the path, and is
// InvalidArgument for a file of more than `max_size` bytes.
[[nodiscard]] absl::StatusOr<std::string> read_input(const std::string& path, std::size_t max_size);

}  // namespace waymark::ctl
