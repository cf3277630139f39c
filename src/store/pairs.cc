#include "store/pairs.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>

namespace waymark::store {
namespace {

// Takes one netstring off the front of `text`.
std::optional<std::string> take(std::string_view& text) {
  std::size_t size = 0;
  const char* const end = text.data() + text.size();
  const auto [colon, fault] = std::from_chars(text.data(), end, size);
  if (fault != std::errc() || colon == end || *colon != ':') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(colon - text.data()) + 1);
  if (text.size() <= size || text[size] != ',') return std::nullopt;
  std::string taken(text.substr(0, size));
  text.remove_prefix(size + 1);
  return taken;
}

}  // namespace

std::string text_of(const Pairs& pairs) {
  std::string text;
  for (const auto& [key, value] : pairs) {
    text += fmt::format("{}:{},{}:{},", key.size(), key, value.size(), value);
  }
  return text;
}

std::optional<Pairs> pairs_of(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    std::optional<std::string> key = take(text);
    std::optional<std::string> value = key ? take(text) : std::nullopt;
    if (!value) return std::nullopt;
    pairs.emplace_back(std::move(*key), std::move(*value));
  }
  return pairs;
}

}  // namespace waymark::store
