#include "admin/response.h"

#include <utility>

#include "admin/json_message.h"
#include "base/field_error.h"
#include "base/status.h"

namespace waymark::admin {

std::string_view error_code(unsigned status) {
  switch (status) {
    case 400:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 405:
      return "METHOD_NOT_ALLOWED";
    case 409:
      return "FAILED_PRECONDITION";
    case 413:
      return "PAYLOAD_TOO_LARGE";
    case 415:
      return "UNSUPPORTED_MEDIA_TYPE";
    case 503:
      return "UNAVAILABLE";
    case 507:
      return "RESOURCE_EXHAUSTED";
    default:
      return "INTERNAL";
  }
}

Response error_response(unsigned status, std::string message, ErrorDetails details,
                        std::string_view code) {
  api::Error error;
  error.set_code(std::string(code.empty() ? error_code(status) : code));
  error.set_message(std::move(message));
  for (api::ErrorDetail& detail : details) *error.add_details() = std::move(detail);
  Response response;
  response.status = status;
  response.body = write_json(error);
  return response;
}

Response error_response(const absl::Status& status) {
  std::string message(message_of(status));
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument: {
      auto [field, problem] = field_problem_of(status);
      ErrorDetails details;
      if (!field.empty()) add_error(details, std::move(field), std::move(problem));
      return error_response(400, std::move(message), std::move(details));
    }
    case absl::StatusCode::kNotFound:
      return error_response(404, std::move(message));
    case absl::StatusCode::kAlreadyExists:
      return error_response(409, std::move(message), {}, "ALREADY_EXISTS");
    case absl::StatusCode::kFailedPrecondition:
      return error_response(409, std::move(message));
    case absl::StatusCode::kResourceExhausted:
      return error_response(507, std::move(message));
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return error_response(503, std::move(message));
    default:
      return error_response(500, std::move(message));
  }
}

}  // namespace waymark::admin
