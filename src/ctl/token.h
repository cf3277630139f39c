// The token of the admin API and where it was found.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace waymark::ctl {

struct Token {
  std::string value;                    // empty: none
  std::string file;                     // where it was found
  std::vector<std::string> looked_for;  // where it was not
  std::vector<std::string> unreadable;  // files that are there, but not for this user

  // How it came about, for a message about a refusal: "the token of FILE was sent".
  [[nodiscard]] std::string story() const;
};

// Where a token is looked for when none is named, in order.
[[nodiscard]] std::vector<std::string> default_token_files();

// Reads `named`, or else the first of `candidates` that can be read; none of them is no error.
// InvalidArgument if `named` cannot be read, or if what is read is no token.
[[nodiscard]] absl::StatusOr<Token> find_token(const std::optional<std::string>& named,
                                               const std::vector<std::string>& candidates);

}  // namespace waymark::ctl
