// Whether a request may be carried out at all: its Host, its Origin and its token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "admin/admin_api.h"
#include "admin/request.h"
#include "admin/response.h"
#include "admin/token.h"

namespace waymark::admin {

// The names a server answers to. A browser that was led here under another name (DNS rebinding)
// says that name in Host, and the page that led it in Origin.
class HostList {
 public:
  // Allows the bound address, localhost, 127.0.0.1 and [::1] with `port`, and `more`: "name:port",
  // or "name" for every port. `tls`: a Host without a port means 443, else 80.
  HostList(std::string_view bound_host, std::uint16_t port, const std::vector<std::string>& more,
           bool tls = false);

  // `host` is the value of a Host header.
  [[nodiscard]] bool allows_host(std::string_view host) const;
  // `origin` is the value of an Origin header: "http://localhost:8000".
  [[nodiscard]] bool allows_origin(std::string_view origin) const;

 private:
  std::vector<std::string> with_port_;  // in lower case, as below
  std::vector<std::string> any_port_;
  std::string default_port_;
};

// Whether a page of one of these origins, "http://127.0.0.1:8000", asks.
[[nodiscard]] bool is_page(const Request& request, const std::vector<std::string>& pages);

// Nothing if the request came under one of our names and from no foreign page. `hosts` nullptr: the
// Host is not looked at, and no page of ours may ask. `pages`: origins of other servers that may.
[[nodiscard]] std::optional<Response> refuse_foreign(const Request& request, const HostList* hosts,
                                                     const std::vector<std::string>& pages = {});

// Who asks. 401 without a token or with an unknown one, 403 if the token's role is too small.
// `auth_off`: everybody is "anonymous" and may do everything.
[[nodiscard]] std::variant<Actor, Response> identify(const Request& request, Role needs,
                                                     const TokenSet& tokens, bool auth_off);

}  // namespace waymark::admin
