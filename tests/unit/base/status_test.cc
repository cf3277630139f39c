#include "base/status.h"

#include <catch2/catch.hpp>
#include <cerrno>

namespace waymark {
namespace {

TEST_CASE("text crosses the border to Abseil and back, zero bytes included") {
  const std::string_view text("a\0b", 3);
  CHECK(to_absl(text).size() == 3);
  CHECK(to_std(to_absl(text)) == text);
  CHECK(to_std(to_absl(std::string_view())).empty());
}

TEST_CASE("an error holds its code and its formatted text") {
  const absl::Status status =
      error(absl::StatusCode::kInvalidArgument, "port {} of {}", 70000, "x");
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(message_of(status) == "port 70000 of x");
  CHECK(message_of(absl::OkStatus()).empty());
}

TEST_CASE("an error of a system call names the call and tells the cause apart") {
  const absl::Status denied = errno_error(EACCES, "bind 0.0.0.0:80");
  CHECK(message_of(denied) == "bind 0.0.0.0:80: Permission denied");
  CHECK(denied.code() == absl::StatusCode::kPermissionDenied);
  CHECK(errno_error(ENOENT, "open").code() == absl::StatusCode::kNotFound);
  CHECK(errno_error(EMFILE, "accept").code() == absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace waymark
