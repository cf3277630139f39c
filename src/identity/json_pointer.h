// A value in a JSON text, by its JSON pointer (RFC 6901).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace waymark::identity {

[[nodiscard]] bool is_json_pointer(std::string_view text);

// The string or the integer there, as text; nullopt for anything else, and for what is no JSON.
[[nodiscard]] std::optional<std::string> json_value_at(std::string_view json,
                                                       const std::string& pointer);

}  // namespace waymark::identity
