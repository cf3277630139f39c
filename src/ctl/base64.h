// Base64 of RFC 4648, with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace waymark::ctl {

[[nodiscard]] std::string to_base64(std::string_view bytes);

// The bytes, or nothing if `text` is anything but whole, padded base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace waymark::ctl
