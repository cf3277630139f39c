// Who may do what on the admin plane, and the files that hold the tokens.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace waymark::admin {

// Each of read, operate and admin includes those before it; registry includes none.
enum class Role { kNone, kRead, kOperate, kAdmin, kRegistry };

// Whether one who has the role `has` may do what needs `needs`.
[[nodiscard]] bool allows(Role has, Role needs);
[[nodiscard]] std::string_view name_of(Role role);

class Token {
 public:
  static constexpr std::size_t kLeastBytes = 32;
  static constexpr std::size_t kMostBytes = 256;

  // `name` is what the audit line says. InvalidArgument for a secret of another length, or with
  // a character that is not printable ASCII or is a space.
  [[nodiscard]] static absl::StatusOr<Token> make(std::string name, Role role,
                                                  std::string_view secret);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Role role() const { return role_; }

 private:
  friend class TokenSet;

  Token(std::string name, Role role) : name_(std::move(name)), role_(role) {}

  std::string name_;
  Role role_;
  std::array<char, kMostBytes> secret_{};  // zeros behind it
};

class TokenSet {
 public:
  explicit TokenSet(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  // The token of that secret, or nullptr. Takes the same time for all texts of up to kMostBytes:
  // every byte of every token is compared, whatever the bytes before it were.
  [[nodiscard]] const Token* find(std::string_view secret) const;
  [[nodiscard]] bool empty() const { return tokens_.empty(); }

 private:
  std::vector<Token> tokens_;
};

// The secret in a file: its only line. The error names the file, and how to mend its mode where
// others than its owner may read or write it.
[[nodiscard]] absl::StatusOr<std::string> read_token_file(const std::string& path);

// Makes a file with a secret of 256 random bits, readable by its owner alone, unless there is one;
// answers the secret in it.
[[nodiscard]] absl::StatusOr<std::string> ensure_token_file(const std::string& path);

}  // namespace waymark::admin
