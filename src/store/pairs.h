// Pairs of strings as one text: netstrings, "3:key,5:value,", so that any bytes may be in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waymark::store {

using Pairs = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] std::string text_of(const Pairs& pairs);
// Nothing if `text` is not what text_of() writes.
[[nodiscard]] std::optional<Pairs> pairs_of(std::string_view text);

}  // namespace waymark::store
