// What of an upstream's metadata is not shown to whoever reads the configuration or the admin API.
#pragma once

#include <string>
#include <string_view>

namespace waymark::app {

// Keys that say so: authorization, cookies, tokens, passwords, keys and the like.
[[nodiscard]] bool is_secret(std::string_view metadata_key);

// The value, or for a secret "(redacted 1f03c2ab)": the digits tell two values apart within one
// process, and nothing of either.
[[nodiscard]] std::string shown_value(std::string_view metadata_key, std::string_view value);

}  // namespace waymark::app
