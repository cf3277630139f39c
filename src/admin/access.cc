#include "admin/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "admin/http_listener.h"

namespace waymark::admin {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

struct Authority {
  std::string name;  // in lower case, an IPv6 address in brackets
  std::string port;  // may be empty
};

std::optional<Authority> parse_authority(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::size_t colon = text.find(':', bracket);
  Authority authority{lower(text.substr(0, colon)), ""};
  if (colon != std::string_view::npos) authority.port = text.substr(colon + 1);
  const bool digits = std::all_of(authority.port.begin(), authority.port.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  if (authority.name.empty() || !digits) return std::nullopt;
  return authority;
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// The secret of "Authorization: Bearer secret".
std::string_view bearer_of(const Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string* header = request.header("authorization");
  if (header == nullptr || request.header_count("authorization") != 1) return {};
  if (lower(std::string_view(*header).substr(0, kScheme.size())) != kScheme) return {};
  return std::string_view(*header).substr(kScheme.size());
}

Response unauthenticated(bool wrong) {
  Response response = error_response(
      401, wrong ? "the token is not known here" : "a token is needed: Authorization: Bearer TOKEN",
      {});
  response.headers.push_back(
      {"WWW-Authenticate",
       wrong ? R"(Bearer realm="waymark", error="invalid_token")" : R"(Bearer realm="waymark")"});
  return response;
}

Response forbidden(std::string header, std::string message) {
  ErrorDetails details;
  add_error(details, std::move(header), message);
  return error_response(403, std::move(message), std::move(details));
}

}  // namespace

HostList::HostList(std::string_view bound_host, std::uint16_t port,
                   const std::vector<std::string>& more, bool tls)
    : default_port_(tls ? "443" : "80") {
  for (const std::string_view host : {bound_host, std::string_view("localhost"),
                                      std::string_view("127.0.0.1"), std::string_view("::1")}) {
    with_port_.push_back(host_and_port(host, port));
  }
  for (const std::string& entry : more) {
    const std::optional<Authority> authority = parse_authority(entry);
    if (!authority) continue;
    if (authority->port.empty()) {
      any_port_.push_back(authority->name);
    } else {
      with_port_.push_back(authority->name + ":" + authority->port);
    }
  }
}

bool HostList::allows_host(std::string_view host) const {
  const std::optional<Authority> authority = parse_authority(host);
  if (!authority) return false;
  if (contains(any_port_, authority->name)) return true;
  const std::string& port = authority->port.empty() ? default_port_ : authority->port;
  return contains(with_port_, authority->name + ":" + port);
}

bool HostList::allows_origin(std::string_view origin) const {
  for (const auto& [scheme, port] :
       {std::pair<std::string_view, std::string_view>{"http://", ":80"}, {"https://", ":443"}}) {
    if (!origin.starts_with(scheme)) continue;
    std::string authority(origin.substr(scheme.size()));
    const std::optional<Authority> parts = parse_authority(authority);
    if (parts && parts->port.empty()) authority += port;
    return allows_host(authority);
  }
  return false;
}

bool is_page(const Request& request, const std::vector<std::string>& pages) {
  return request.header_count("origin") == 1 && contains(pages, *request.header("origin"));
}

std::optional<Response> refuse_foreign(const Request& request, const HostList* hosts,
                                       const std::vector<std::string>& pages) {
  if (hosts != nullptr) {
    if (request.header_count("host") != 1) {
      return error_response(400, "exactly one Host header is needed");
    }
    const std::string& host = *request.header("host");
    if (!hosts->allows_host(host)) {
      return forbidden("Host", fmt::format("\"{}\" is not a name of this server; allowed are its "
                                           "address, localhost and admin.allowed_hosts",
                                           shortened(host)));
    }
  }
  if (is_page(request, pages)) return std::nullopt;
  for (const Header& header : request.headers) {
    if (header.name != "origin") continue;
    if (hosts == nullptr || !hosts->allows_origin(header.value)) {
      return forbidden("Origin",
                       fmt::format("\"{}\" is not a name of this server", shortened(header.value)));
    }
  }
  return std::nullopt;
}

std::variant<Actor, Response> identify(const Request& request, Role needs, const TokenSet& tokens,
                                       bool auth_off) {
  if (auth_off || needs == Role::kNone) {
    return Actor{"anonymous", request.peer, std::string(name_of(Role::kAdmin))};
  }
  const std::string_view secret = bearer_of(request);
  const Token* token = secret.empty() ? nullptr : tokens.find(secret);
  if (token == nullptr) return unauthenticated(!secret.empty());
  if (!allows(token->role(), needs)) {
    return error_response(
        403, fmt::format("this needs the role {}, and the token {} has the role {}", name_of(needs),
                         token->name(), name_of(token->role())));
  }
  return Actor{token->name(), request.peer, std::string(name_of(token->role()))};
}

}  // namespace waymark::admin
