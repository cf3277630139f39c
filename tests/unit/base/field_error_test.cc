#include "base/field_error.h"

#include <catch2/catch.hpp>

#include "base/status.h"

namespace waymark {
namespace {

TEST_CASE("an error about a field reads as a sentence and still names the field") {
  const absl::Status status = field_error("filter.pool", "there is no pool '{}'", "x: y");
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(message_of(status) == "filter.pool: there is no pool 'x: y'");
  const auto [field, problem] = field_problem_of(status);
  CHECK(field == "filter.pool");
  CHECK(problem == "there is no pool 'x: y'");
}

TEST_CASE("other errors are about no field, whatever they look like") {
  CHECK(field_problem_of(error(absl::StatusCode::kInvalidArgument, "pool: none")).field.empty());
  CHECK(field_problem_of(absl::OkStatus()).field.empty());
}

}  // namespace
}  // namespace waymark
