// The listeners of docs/admin.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "admin/admin_api.h"
#include "admin/audit.h"
#include "admin/event_ring.h"
#include "admin/http_server.h"
#include "admin/request_counts.h"
#include "admin/token.h"

namespace waymark::admin {

struct AdminOptions {
  std::string host;                        // numeric address, IPv4 or IPv6 without brackets
  std::uint16_t port = 0;                  // 0: one the system chooses
  std::vector<std::string> allowed_hosts;  // "name:port", or "name" for every port
  std::vector<Token> tokens;
  bool auth_off = false;            // everybody may do everything; for loopback alone
  std::string lab;                  // as in admin_routes()
  RequestCounts* counts = nullptr;  // outlives the server; null: nobody counts
  HttpOptions http{.name = "admin"};
};

class Dispatcher;

class AdminServer {
 public:
  // Binds and starts the threads. `calls` and `events` must outlive the server. InvalidArgument
  // for a host that is no address, and without a token unless `auth_off`; otherwise the error of
  // the system call, naming host:port.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<AdminServer>> start(
      const AdminOptions& options, AdminApi& calls, EventRing& events, Audit audit);
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;
  // Waits for the calls under way, then ends streams, connections and threads.
  ~AdminServer();

  [[nodiscard]] std::uint16_t bound_port() const;

 private:
  AdminServer(std::unique_ptr<Dispatcher> dispatcher, std::unique_ptr<HttpServer> server);

  const std::unique_ptr<Dispatcher> dispatcher_;
  const std::unique_ptr<HttpServer> server_;
};

struct RegistryOptions {
  std::string host;        // as in AdminOptions
  std::uint16_t port = 0;  // as in AdminOptions
  std::vector<Token> tokens;
  RequestCounts* counts = nullptr;  // as in AdminOptions
  HttpOptions http{.name = "registry"};
};

// PUT and DELETE /v1/registrations/{id}, and nothing else. Upstreams come by any name, so the Host
// header is not looked at; no web page may ask.
class RegistryServer {
 public:
  // As AdminServer::start; at least one token is needed, and only those of the role registry help.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RegistryServer>> start(
      const RegistryOptions& options, AdminApi& calls, Audit audit);
  RegistryServer(const RegistryServer&) = delete;
  RegistryServer& operator=(const RegistryServer&) = delete;
  ~RegistryServer();

  [[nodiscard]] std::uint16_t bound_port() const;

 private:
  RegistryServer(std::unique_ptr<Dispatcher> dispatcher, std::unique_ptr<HttpServer> server);

  const std::unique_ptr<Dispatcher> dispatcher_;
  const std::unique_ptr<HttpServer> server_;
};

}  // namespace waymark::admin
