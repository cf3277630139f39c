// One HTTP answer as a value, and the answers that tell of an error.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "admin/json_document.h"
#include "admin/request.h"
#include "admin/stream_source.h"

namespace waymark::admin {

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<Header> headers;           // besides what every answer has, or instead of it
  std::unique_ptr<StreamSource> stream;  // instead of a body
  bool close = false;                    // the connection ends with it
};

// The word that `code` of api::Error holds for a status: "NOT_FOUND".
[[nodiscard]] std::string_view error_code(unsigned status);

// An api::Error. `code` where error_code(status) is not meant.
[[nodiscard]] Response error_response(unsigned status, std::string message,
                                      ErrorDetails details = {}, std::string_view code = {});
// As the table of admin_api.h says; with details where it is about a field (base/field_error.h).
[[nodiscard]] Response error_response(const absl::Status& status);

}  // namespace waymark::admin
