// What is wrong with one field of a request, as a status that still knows which.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "absl/status/status.h"

namespace waymark {

// InvalidArgument, "field: problem".
[[nodiscard]] absl::Status make_field_error(const std::string& field, const std::string& problem);

template <typename... Args>
[[nodiscard]] absl::Status field_error(const std::string& field, fmt::format_string<Args...> format,
                                       Args&&... args) {
  return make_field_error(field, fmt::format(format, std::forward<Args>(args)...));
}

struct FieldProblem {
  std::string field;  // empty: the status is about none
  std::string problem;
};

[[nodiscard]] FieldProblem field_problem_of(const absl::Status& status);

}  // namespace waymark
