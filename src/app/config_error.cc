#include "app/config_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace waymark::app {
namespace {

constexpr std::size_t kMaxQuoted = 60;

constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
constexpr bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Whether `path` is `ancestor` or lies below it: "a.b" and "a[0]" are below "a", "ab" is not.
bool is_within(std::string_view path, std::string_view ancestor) {
  if (!path.starts_with(ancestor)) return false;
  return ancestor.empty() || path.size() == ancestor.size() || path[ancestor.size()] == '.' ||
         path[ancestor.size()] == '[';
}

}  // namespace

std::string to_string(const ConfigError& error) {
  std::string text = error.file;
  if (error.line > 0) text += fmt::format(":{}:{}", error.line, error.column);
  if (!error.path.empty()) text += fmt::format(": {}", error.path);
  return fmt::format("{}: {}", text, error.message);
}

std::string to_string(const std::vector<ConfigError>& errors) {
  std::string text;
  for (const ConfigError& error : errors) text += to_string(error) + "\n";
  return text;
}

std::string quoted(std::string_view text) {
  std::size_t size = std::min(text.size(), kMaxQuoted);
  while (size > 0 && size < text.size() && continues_character(text[size])) --size;
  std::string out = "\"";
  for (const char c : text.substr(0, size)) {
    if (is_control(c)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out + (size < text.size() ? "...\"" : "\"");
}

void ErrorReport::add(Place place, std::string_view path, std::string message) {
  if (errors_.size() == kMaxErrors) {
    ++dropped_;
    return;
  }
  errors_.push_back({"", place.line, place.column, std::string(path), std::move(message)});
}

bool ErrorReport::touches(std::string_view path) const {
  return std::any_of(errors_.begin(), errors_.end(), [path](const ConfigError& error) {
    return is_within(error.path, path) || is_within(path, error.path);
  });
}

std::vector<ConfigError> ErrorReport::take(std::string_view file) && {
  std::stable_sort(errors_.begin(), errors_.end(), [](const ConfigError& a, const ConfigError& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (dropped_ > 0) errors_.push_back({"", 0, 0, "", fmt::format("and {} more errors", dropped_)});
  for (ConfigError& error : errors_) error.file = file;
  return std::move(errors_);
}

}  // namespace waymark::app
