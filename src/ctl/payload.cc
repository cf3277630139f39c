#include "ctl/payload.h"

#include "base/status.h"
#include "base/utf8.h"
#include "ctl/base64.h"
#include "ctl/local_file.h"

namespace waymark::ctl {
namespace {

using absl::StatusCode;

constexpr std::size_t kMaxPayload = 16 * 1024 * 1024;

}  // namespace

absl::StatusOr<std::string> payload_of(const PayloadSource& source) {
  const int given =
      int{source.text.has_value()} + int{source.base64.has_value()} + int{source.file.has_value()};
  if (given != 1) {
    return error(StatusCode::kInvalidArgument,
                 "what to send: exactly one of TEXT, --base64 and --file is needed");
  }
  if (source.text) return *source.text;
  if (source.base64) {
    auto bytes = from_base64(*source.base64);
    if (!bytes) {
      return error(StatusCode::kInvalidArgument,
                   "--base64: not base64 of RFC 4648 with its padding");
    }
    return *std::move(bytes);
  }
  auto bytes = read_input(*source.file, kMaxPayload);
  if (!bytes.ok()) {
    return error(StatusCode::kInvalidArgument, "--file {}", message_of(bytes.status()));
  }
  return bytes;
}

void add_payload(Json& body, const std::string& text_field, const std::string& base64_field,
                 const std::string& bytes) {
  if (is_utf8(bytes)) {
    body[text_field] = bytes;
  } else {
    body[base64_field] = to_base64(bytes);
  }
}

}  // namespace waymark::ctl
