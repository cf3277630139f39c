// A YAML document as a tree of plain values that know their places. The only user of yaml-cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config_error.h"

namespace waymark::app {

enum class YamlKind : std::uint8_t { null, scalar, list, mapping };

struct YamlNode {
  YamlKind kind = YamlKind::null;
  Place place;
  std::string text;  // of a scalar
  std::string key;   // of a child of a mapping
  Place key_place;
  std::vector<YamlNode> children;  // in the order of the file, duplicate keys included
};

struct YamlError {
  Place place;
  std::string message;
};

// Bounds of what a text may unfold to. An alias counts as a copy of what it names.
inline constexpr std::size_t kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlNodes = 100'000;
inline constexpr std::size_t kMaxYamlBytes = 4 * 1024 * 1024;

// Reads one document; an empty text is an empty mapping. Tags, several documents and keys that are
// no plain text are refused.
[[nodiscard]] std::variant<YamlNode, YamlError> parse_yaml(std::string_view text);

}  // namespace waymark::app
