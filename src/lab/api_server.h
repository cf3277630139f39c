// The calls of the API of a lab.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "admin/http_listener.h"
#include "lab/supervisor.h"

namespace waymark::admin {
class Dispatcher;
class HttpServer;
}  // namespace waymark::admin

namespace waymark::lab {

inline constexpr const char* kApiHost = "127.0.0.1";

// Serves them to those who have the token: also to the dashboards of the lab's proxies, and to no
// other page.
class ApiServer {
 public:
  // `token`: its secret; `listener`: on kApiHost. On the thread of the supervisor, before its
  // run().
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ApiServer>> start(
      Supervisor& supervisor, const std::string& directory, const std::string& token,
      admin::HttpListener listener);
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
