// The bytes a command sends to clients: TEXT, --base64 or --file.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "ctl/json_fields.h"

namespace waymark::ctl {

struct PayloadSource {
  std::optional<std::string> text;
  std::optional<std::string> base64;
  std::optional<std::string> file;  // "-": standard input
};

// InvalidArgument unless exactly one source is given and can be read; a frame is at most 16 MiB.
[[nodiscard]] absl::StatusOr<std::string> payload_of(const PayloadSource& source);

// Puts `bytes` into the body of a call: as `text_field` where they are UTF-8, so that the audit log
// of a server can show them, or else in base64 as `base64_field`.
void add_payload(Json& body, const std::string& text_field, const std::string& base64_field,
                 const std::string& bytes);

}  // namespace waymark::ctl
