// From a request to the handler of its route, with every check on the way.
//
//   header   Host, Origin         400 403     path, method      400 404 405
//            token and its role   401 403     Content-Type      415
//   body     query, JSON          400         then the handler, then the audit record
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "admin/access.h"
#include "admin/audit.h"
#include "admin/http_server.h"
#include "admin/request_counts.h"
#include "admin/route_table.h"
#include "admin/target.h"

namespace waymark::admin {

struct Gate {
  std::optional<HostList> hosts;  // none: the Host header is not looked at
  TokenSet tokens;
  bool auth_off = false;
  // Origins of other servers whose pages may ask too, by CORS: "http://127.0.0.1:8000".
  std::vector<std::string> pages = {};
};

class Dispatcher final : public HttpHandler {
 public:
  // `counts`, where there is one, outlives it and is told of each answer as of `listener`.
  Dispatcher(std::string listener, Gate gate, RouteTable routes, Audit audit,
             RequestCounts* counts);

  [[nodiscard]] std::optional<Response> admit(const Request& request) override;
  [[nodiscard]] Response handle(const Request& request) override;
  void answered(const Request& request, unsigned status) override;
  void ended_unused() override;

 private:
  struct Admitted {
    Match match;
    Target target;
    Actor actor;
  };

  [[nodiscard]] std::variant<Admitted, Response> examine(const Request& request) const;
  [[nodiscard]] Response for_page(const Request& request, Response response) const;
  [[nodiscard]] Response act(const Request& request, Admitted admitted) const;
  [[nodiscard]] Response carry_out(const Route& route, Call& call, const Target& target,
                                   std::string& summary) const;

  const std::string listener_;
  const Gate gate_;
  const RouteTable routes_;
  const Audit audit_;
  RequestCounts* const counts_;
};

}  // namespace waymark::admin
