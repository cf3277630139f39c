#include "ctl/token.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/status.h"
#include "ctl/local_file.h"

namespace waymark::ctl {
namespace {

constexpr std::size_t kMaxToken = 4096;  // bytes of the file

// The token that `text` of `file` is, without the line end that editors leave.
absl::StatusOr<std::string> token_of(std::string_view text, const std::string& file) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) {
    return error(absl::StatusCode::kInvalidArgument, "token file {}: is empty", file);
  }
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  const auto is_odd = [](char c) { return c <= ' ' || c > '~'; };
  if (std::any_of(text.begin(), text.end(), is_odd)) {
    return error(absl::StatusCode::kInvalidArgument,
                 "token file {}: a token is one word of printable ASCII", file);
  }
  return std::string(text);
}

}  // namespace

std::string Token::story() const {
  if (!value.empty()) return fmt::format("the token of {} was sent", file);
  std::string out = "no token was sent";
  if (!unreadable.empty()) {
    out += fmt::format("; {} is there, but this user may not read it", fmt::join(unreadable, ", "));
  } else if (!looked_for.empty()) {
    out += fmt::format("; there is none in {}", fmt::join(looked_for, ", "));
  }
  return out + "; name one by --token-file or WAYMARK_TOKEN_FILE";
}

std::vector<std::string> default_token_files() {
  std::vector<std::string> files;
  const auto add = [&files](const char* variable, std::string_view rest) {
    const char* const folder = std::getenv(variable);
    if (folder != nullptr && folder[0] == '/') files.push_back(std::string(folder).append(rest));
  };
  add("STATE_DIRECTORY", "/admin.token");
  files.emplace_back("/var/lib/waymark/admin.token");
  add("XDG_STATE_HOME", "/waymark/admin.token");
  add("HOME", "/.local/state/waymark/admin.token");
  return files;
}

absl::StatusOr<Token> find_token(const std::optional<std::string>& named,
                                 const std::vector<std::string>& candidates) {
  Token token;
  for (const std::string& file : named ? std::vector{*named} : candidates) {
    const auto text = read_input(file, kMaxToken);
    if (text.ok()) {
      auto value = token_of(*text, file);
      if (!value.ok()) return value.status();
      token.value = *std::move(value);
      token.file = file;
      return token;
    }
    if (named) {
      return error(absl::StatusCode::kInvalidArgument, "token file {}", message_of(text.status()));
    }
    auto& where = absl::IsPermissionDenied(text.status()) ? token.unreadable : token.looked_for;
    where.push_back(file);
  }
  return token;
}

}  // namespace waymark::ctl
