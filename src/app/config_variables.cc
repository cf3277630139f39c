#include "app/config_variables.h"

#include <algorithm>
#include <optional>

#include "app/config_error.h"
#include "base/status.h"

namespace waymark::app {
namespace {

constexpr std::string_view kDefaultMark = ":-";

constexpr bool is_name_start(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
constexpr bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

bool is_name(std::string_view text) {
  return !text.empty() && is_name_start(text.front()) &&
         std::all_of(text.begin(), text.end(), is_name_part);
}

// The value of what stands between "${" and "}".
absl::StatusOr<std::string> value_of(std::string_view reference, const Machine& machine) {
  const std::size_t mark = reference.find(kDefaultMark);
  const std::string name(reference.substr(0, mark));
  if (!is_name(name)) {
    return error(absl::StatusCode::kInvalidArgument,
                 "{} is not the name of a variable; write ${{NAME}} or ${{NAME:-default}}",
                 quoted(name));
  }
  std::optional<std::string> value = machine.variable(name);
  if (mark != std::string_view::npos && (!value || value->empty())) {
    return std::string(reference.substr(mark + kDefaultMark.size()));
  }
  if (!value) {
    return error(absl::StatusCode::kNotFound,
                 "the variable {} is not set, and ${{{}:-default}} gives it no default", name,
                 name);
  }
  return *std::move(value);
}

}  // namespace

absl::StatusOr<std::string> expand_variables(std::string_view text, const Machine& machine) {
  std::string out;
  while (true) {
    const std::size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) return out;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      out.push_back('$');
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.starts_with('{') ? text.find('}') : std::string_view::npos;
    if (end == std::string_view::npos) {
      return absl::InvalidArgumentError(
          "$ starts ${NAME} or ${NAME:-default}; write $$ for a dollar sign");
    }
    absl::StatusOr<std::string> value = value_of(text.substr(1, end - 1), machine);
    if (!value.ok()) return value.status();
    out += *value;
    text.remove_prefix(end + 1);
  }
}

}  // namespace waymark::app
