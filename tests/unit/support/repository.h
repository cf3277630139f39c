// Where the repository is, for tests that hold its pages against the code.
#pragma once

#include <string>

namespace waymark {

// The absolute path of a file of the repository.
[[nodiscard]] std::string in_repository(const std::string& path);
// Its text; throws std::runtime_error if it cannot be read.
[[nodiscard]] std::string text_in_repository(const std::string& path);

}  // namespace waymark
