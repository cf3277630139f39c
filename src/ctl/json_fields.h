// Fields of the JSON of a server, without trust in their types: what is missing or of another type
// reads as nothing.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace waymark::ctl {

// Keeps the server's order of fields.
using Json = nlohmann::ordered_json;

[[nodiscard]] std::string text_of(const Json& object, std::string_view field);
[[nodiscard]] std::uint64_t number_of(const Json& object, std::string_view field);
[[nodiscard]] double real_of(const Json& object, std::string_view field);
[[nodiscard]] bool flag_of(const Json& object, std::string_view field);
// An empty list if there is none.
[[nodiscard]] const Json& list_of(const Json& object, std::string_view field);

// An empty object if there is none.
[[nodiscard]] const Json& object_of(const Json& object, std::string_view field);

// One line of valid JSON; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_line(const Json& value);

}  // namespace waymark::ctl
