#include "ctl/url.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/status.h"
#include "ctl/printable.h"

namespace waymark::ctl {

absl::StatusOr<std::string> parse_base_url(std::string_view text) {
  const auto refused = [text](std::string_view problem) {
    return error(absl::StatusCode::kInvalidArgument,
                 "admin URL \"{}\": {}; allowed is http://HOST:PORT or https://HOST:PORT",
                 printable(text), problem);
  };
  std::string_view rest = text;
  std::string_view scheme = "http";
  if (const auto end = text.find("://"); end != text.npos) {
    scheme = text.substr(0, end);
    rest = text.substr(end + 3);
  }
  if (scheme != "http" && scheme != "https") return refused("unknown scheme");
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::string_view host = rest.substr(0, rest.find('/'));
  if (host.empty() || host.starts_with(':')) return refused("no host");
  if (host.find('@') != host.npos) return refused("a user does not belong here");
  if (rest.find_first_of("?#") != rest.npos) return refused("a query does not belong here");
  const auto is_odd = [](char c) { return c <= ' ' || c > '~' || c == '\\' || c == '"'; };
  if (std::any_of(rest.begin(), rest.end(), is_odd)) return refused("a character is not allowed");
  return fmt::format("{}://{}", scheme, rest);
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  // As a whole segment these would be taken for a way up or down the path.
  if (text == ".") return "%2E";
  if (text == "..") return "%2E%2E";
  std::string out;
  for (const char c : text) {
    if (kUnreserved.find(c) != kUnreserved.npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string query_string(const std::vector<std::pair<std::string_view, std::string>>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    out += out.empty() ? '?' : '&';
    out.append(name).append("=").append(url_encoded(value));
  }
  return out;
}

}  // namespace waymark::ctl
