// Base64 of RFC 4648 section 4, padded. Read strictly: padded, no white space, one text for each
// value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace waymark::admin {

[[nodiscard]] std::string encode_base64(std::string_view bytes);

[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace waymark::admin
