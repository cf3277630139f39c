// What the handlers of the routes have in common.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "admin/json_message.h"
#include "admin/route_table.h"

namespace waymark::admin {

template <typename M>
[[nodiscard]] Response answer(const absl::StatusOr<M>& result, unsigned status = 200) {
  if (!result.ok()) return error_response(result.status());
  Response response;
  response.status = status;
  response.body = write_json(*result);
  return response;
}

// 400 about one field.
[[nodiscard]] Response invalid(std::string field, std::string problem);

// A parameter that its route has found to be a number; `otherwise` if it is left out.
[[nodiscard]] std::uint64_t number_of(const Call& call, const std::string& name,
                                      std::uint64_t otherwise);

// The body as the message its route takes.
template <typename M>
[[nodiscard]] const M& body_of(const Call& call) {
  return static_cast<const M&>(*call.body);
}

// One of a base64 text and a plain one, of which at most one is not empty.
struct PayloadFields {
  std::string base64_name;
  const std::string& base64;
  std::string text_name;
  const std::string& text;
  bool required;
};

// The bytes, or the answer to a client that did not write them right.
[[nodiscard]] std::variant<std::string, Response> payload_of(const PayloadFields& fields);

}  // namespace waymark::admin
