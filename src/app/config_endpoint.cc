#include "app/config_endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "app/config_error.h"
#include "base/status.h"

namespace waymark::app {
namespace {

struct Split {
  std::string host;
  std::uint16_t port = 0;
  bool bracketed = false;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<Split> split(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (!port || host.empty()) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    return Split{std::string(host.substr(1, host.size() - 2)), *port, true};
  }
  return Split{std::string(host), *port, false};
}

// The canonical text of a numeric address; nullopt for anything else.
std::optional<std::string> canonical(const std::string& host, bool v6) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = v6 ? AF_INET6 : AF_INET;
  if (inet_pton(family, host.c_str(), address.data()) != 1) return std::nullopt;
  if (host.find('\0') != std::string::npos) return std::nullopt;
  return inet_ntop(family, address.data(), text.data(), text.size());
}

bool is_host_name(std::string_view text) {
  const bool spelled = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
  // A name of digits and dots alone would be a mistyped address.
  const bool named =
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
  return spelled && named && text.size() <= 253 && text.front() != '.' && text.front() != '-';
}

}  // namespace

std::string Endpoint::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

bool Endpoint::is_loopback() const {
  if (host == "localhost" || host == "::1") return true;
  const bool v4 = host.find(':') == std::string::npos;
  return host.starts_with("::ffff:127.") ||
         (v4 && host.starts_with("127.") && canonical(host, false));
}

absl::StatusOr<Endpoint> parse_bind(std::string_view text) {
  if (const std::optional<Split> parts = split(text)) {
    if (std::optional<std::string> host = canonical(parts->host, parts->bracketed)) {
      return Endpoint{*std::move(host), parts->port};
    }
  }
  return error(absl::StatusCode::kInvalidArgument,
               "{} is not a numeric address and port such as 0.0.0.0:7999 or \"[::]:7999\"",
               quoted(text));
}

absl::StatusOr<Endpoint> parse_host_port(std::string_view text) {
  const std::optional<Split> parts = split(text);
  if (parts && parts->port != 0) {
    if (std::optional<std::string> host = canonical(parts->host, parts->bracketed)) {
      return Endpoint{*std::move(host), parts->port};
    }
    if (!parts->bracketed && is_host_name(parts->host)) {
      std::string host = parts->host;
      std::transform(host.begin(), host.end(), host.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      return Endpoint{std::move(host), parts->port};
    }
  }
  return error(
      absl::StatusCode::kInvalidArgument,
      "{} is not a host and port such as api.internal:7001, 10.0.0.5:7001 or \"[::1]:7001\"",
      quoted(text));
}

}  // namespace waymark::app
