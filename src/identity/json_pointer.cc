#include "identity/json_pointer.h"

#include <nlohmann/json.hpp>

namespace waymark::identity {

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

std::optional<std::string> json_value_at(std::string_view json, const std::string& pointer) {
  using Json = nlohmann::json;
  const Json tree = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (tree.is_discarded()) return std::nullopt;
  const Json::json_pointer place(pointer);
  if (!tree.contains(place)) return std::nullopt;
  const Json& value = tree.at(place);
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  return std::nullopt;
}

}  // namespace waymark::identity
