// The calls of the API of a lab.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "admin/route_table.h"
#include "lab/supervisor.h"

namespace waymark::admin {
class Dispatcher;
class HttpServer;
}  // namespace waymark::admin

namespace waymark::lab {

// `supervisor` outlives the table; `directory` is told to those who ask.
[[nodiscard]] admin::RouteTable lab_routes(Supervisor& supervisor, const std::string& directory);

// Serves them on a free port of the loopback, to those who have the token.
class ApiServer {
 public:
  // `token`: its secret.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ApiServer>> start(
      Supervisor& supervisor, const std::string& directory, const std::string& token);
  ~ApiServer();

  // "http://127.0.0.1:40123"
  [[nodiscard]] std::string url() const;

 private:
  ApiServer(std::unique_ptr<admin::Dispatcher> dispatcher,
            std::unique_ptr<admin::HttpServer> server);

  const std::unique_ptr<admin::Dispatcher> dispatcher_;
  const std::unique_ptr<admin::HttpServer> server_;
};

}  // namespace waymark::lab
