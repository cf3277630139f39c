// JSON text as a tree, read strictly: RFC 8259, valid UTF-8, every name once in its object.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waymark/admin/v1/admin.pb.h"

namespace waymark::admin {

namespace api = ::waymark::admin::v1;

using JsonValue = nlohmann::ordered_json;
using ErrorDetails = std::vector<api::ErrorDetail>;

constexpr std::size_t kMaxJsonDepth = 32;
constexpr std::size_t kMaxJsonMembers = 256;  // of one object, since a name is looked for in turn
constexpr std::size_t kMaxJsonErrors = 100;   // reading stops there

void add_error(ErrorDetails& errors, std::string field, std::string problem);

// `text` for an error message: at most `bytes` of it, whole characters, "..." where it goes on.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes = 64);

// The tree, or nothing and at least one error more. Time and memory are linear in the size of
// `text`, whatever it holds.
[[nodiscard]] std::optional<JsonValue> parse_json(std::string_view text, ErrorDetails& errors);

}  // namespace waymark::admin
