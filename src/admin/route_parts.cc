#include "admin/route_parts.h"

#include <fmt/format.h>

#include <charconv>

#include "admin/base64.h"

namespace waymark::admin {

Response invalid(std::string field, std::string problem) {
  ErrorDetails details;
  std::string message = field + ": " + problem;
  add_error(details, std::move(field), std::move(problem));
  return error_response(400, std::move(message), std::move(details));
}

std::uint64_t number_of(const Call& call, const std::string& name, std::uint64_t otherwise) {
  const std::string text = call.query_or(name, "");
  std::from_chars(text.data(), text.data() + text.size(), otherwise);
  return otherwise;
}

std::variant<std::string, Response> payload_of(const PayloadFields& fields) {
  if (!fields.base64.empty() && !fields.text.empty()) {
    return invalid(fields.text_name,
                   fmt::format("give {} or {}, not both", fields.base64_name, fields.text_name));
  }
  if (fields.base64.empty()) {
    if (fields.required && fields.text.empty()) {
      return invalid(fields.base64_name,
                     fmt::format("give {} or {}", fields.base64_name, fields.text_name));
    }
    return fields.text;
  }
  std::optional<std::string> bytes = decode_base64(fields.base64);
  if (!bytes) return invalid(fields.base64_name, "expected base64 (RFC 4648, with its padding)");
  return *std::move(bytes);
}

}  // namespace waymark::admin
