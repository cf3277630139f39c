// Files read whole, up to a limit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace waymark {

// What is left to read of `fd`. The error begins with `name`, and is InvalidArgument for more than
// `max_size` bytes.
[[nodiscard]] absl::StatusOr<std::string> read_all(int fd, std::string_view name,
                                                   std::size_t max_size);

// The same of the file `path`, which waits for nobody: a pipe without a writer is empty, and one
// whose writer has not written yet is an error.
[[nodiscard]] absl::StatusOr<std::string> read_file(const std::string& path, std::size_t max_size);

}  // namespace waymark
