#include "identity/json_pointer.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace waymark::identity {

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

namespace {

using Json = nlohmann::json;

std::string unescaped(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      text += token[i];
    } else {
      text += token[++i] == '0' ? '~' : '/';
    }
  }
  return text;
}

// What `token` names in `tree`; nullptr if there is nothing.
const Json* child_of(const Json& tree, const std::string& token) {
  if (tree.is_object()) {
    const auto at = tree.find(token);
    return at == tree.end() ? nullptr : &*at;
  }
  std::size_t index = 0;
  const char* const end = token.data() + token.size();
  const auto [rest, failure] = std::from_chars(token.data(), end, index);
  const bool number = failure == std::errc() && rest == end && (token == "0" || token[0] != '0');
  return tree.is_array() && number && index < tree.size() ? &tree[index] : nullptr;
}

}  // namespace

std::optional<std::string> json_value_at(std::string_view json, const std::string& pointer) {
  const Json tree = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const Json* value = tree.is_discarded() ? nullptr : &tree;
  std::string_view rest = pointer;
  while (value != nullptr && !rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view token = rest.substr(0, rest.find('/'));
    rest.remove_prefix(token.size());
    value = child_of(*value, unescaped(token));
  }
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  if (value->is_number_integer()) return value->dump();
  return std::nullopt;
}

}  // namespace waymark::identity
