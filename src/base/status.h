// Status helpers, and the only place where std::string_view meets Debian's absl::string_view.
//
// Debian builds Abseil with a string_view of its own, which does not convert to or from the
// standard one. Our code speaks std types; these functions cross the border.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark {

[[nodiscard]] inline absl::string_view to_absl(std::string_view text) {
  return {text.data(), text.size()};
}
[[nodiscard]] inline std::string_view to_std(absl::string_view text) {
  return {text.data(), text.size()};
}

// What went wrong, as text for people.
[[nodiscard]] inline std::string_view message_of(const absl::Status& status) {
  return to_std(status.message());
}

template <typename... Args>
[[nodiscard]] absl::Status error(absl::StatusCode code, fmt::format_string<Args...> format,
                                 Args&&... args) {
  return absl::Status(code, fmt::format(format, std::forward<Args>(args)...));
}

// The error of a system call: "bind 0.0.0.0:80: Permission denied".
[[nodiscard]] absl::Status errno_error(int error_number, std::string_view what);

}  // namespace waymark
