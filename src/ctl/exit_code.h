// What the program tells a script.
#pragma once

#include "absl/status/status.h"

namespace waymark::ctl {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,      // the server refused, or something else went wrong
  kBadUsage = 2,    // the command line
  kNotReached = 3,  // no answer of an admin API
  kNotAllowed = 4,  // HTTP 401 and 403
  kNotFound = 5,    // HTTP 404, or no such upstream
};

// Faults are told apart by their code: InvalidArgument is the command line's alone, Unavailable and
// DeadlineExceeded the way to the server; Unauthenticated, PermissionDenied and NotFound are what
// the server said, and anything else is a failure.
[[nodiscard]] inline ExitCode exit_code_of(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kDone;
    case absl::StatusCode::kInvalidArgument:
      return kBadUsage;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kNotReached;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kNotAllowed;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    default:
      return kFailed;
  }
}

}  // namespace waymark::ctl
