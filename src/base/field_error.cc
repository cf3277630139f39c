#include "base/field_error.h"

#include "absl/strings/cord.h"
#include "base/status.h"

namespace waymark {
namespace {

constexpr std::string_view kField = "waymark/field";

}  // namespace

absl::Status make_field_error(const std::string& field, const std::string& problem) {
  absl::Status status = error(absl::StatusCode::kInvalidArgument, "{}: {}", field, problem);
  status.SetPayload(to_absl(kField), absl::Cord(to_absl(field)));
  return status;
}

FieldProblem field_problem_of(const absl::Status& status) {
  const auto field = status.GetPayload(to_absl(kField));
  if (!field) return {};
  std::string name(*field);
  std::string problem(message_of(status).substr(name.size() + 2));
  return {std::move(name), std::move(problem)};
}

}  // namespace waymark
