// What is wrong with a configuration, and where.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace waymark::app {

// A place in a file, both counted from 1. Line 0 means the file as a whole.
struct Place {
  int line = 0;
  int column = 0;

  friend auto operator<=>(const Place&, const Place&) = default;
};

struct ConfigError {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path;  // "listeners[0].framing"; empty for the file as a whole
  std::string message;
};

// "waymark.yaml:3:5: listeners[0].framming: unknown field, allowed: name, bind, pool"
[[nodiscard]] std::string to_string(const ConfigError& error);

// One line each, every line ended.
[[nodiscard]] std::string to_string(const std::vector<ConfigError>& errors);

// `text` in quotes, fit for a terminal: shortened, control characters escaped.
[[nodiscard]] std::string quoted(std::string_view text);

// Gathers the errors of one file.
class ErrorReport {
 public:
  // Errors beyond these are counted, not kept.
  static constexpr std::size_t kMaxErrors = 100;

  void add(Place place, std::string_view path, std::string message);

  [[nodiscard]] bool empty() const { return errors_.empty(); }

  // Whether an error concerns `path`, or something below or above it. Then the value at `path` may
  // not be what the user wrote, and to complain of it again would mislead.
  [[nodiscard]] bool touches(std::string_view path) const;

  // The errors in the order of the file, each with `file` as its name.
  [[nodiscard]] std::vector<ConfigError> take(std::string_view file) &&;

 private:
  std::vector<ConfigError> errors_;
  std::size_t dropped_ = 0;
};

}  // namespace waymark::app
