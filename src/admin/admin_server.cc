#include "admin/admin_server.h"

#include <utility>

#include "admin/admin_routes.h"
#include "admin/dispatcher.h"
#include "base/status.h"

namespace waymark::admin {

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::start(const AdminOptions& options,
                                                                AdminApi& calls, EventRing& events,
                                                                Audit audit) {
  if (options.tokens.empty() && !options.auth_off) {
    return error(absl::StatusCode::kInvalidArgument, "admin {}: no token is configured",
                 host_and_port(options.host, options.port));
  }
  absl::StatusOr<HttpListener> listener = open_http_listener("admin", options.host, options.port);
  if (!listener.ok()) return listener.status();

  auto dispatcher = std::make_unique<Dispatcher>(
      "admin",
      Gate{.hosts = HostList(options.host, listener->port, options.allowed_hosts,
                             options.http.tls != nullptr),
           .tokens = TokenSet(options.tokens),
           .auth_off = options.auth_off},
      admin_routes(calls, events, options.lab), std::move(audit), options.counts);
  auto server = HttpServer::start(options.http, *std::move(listener), *dispatcher);
  if (!server.ok()) return server.status();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(dispatcher), *std::move(server)));
}

AdminServer::AdminServer(std::unique_ptr<Dispatcher> dispatcher, std::unique_ptr<HttpServer> server)
    : dispatcher_(std::move(dispatcher)), server_(std::move(server)) {}

AdminServer::~AdminServer() = default;

std::uint16_t AdminServer::bound_port() const { return server_->bound_port(); }

absl::StatusOr<std::unique_ptr<RegistryServer>> RegistryServer::start(
    const RegistryOptions& options, AdminApi& calls, Audit audit) {
  if (options.tokens.empty()) {
    return error(absl::StatusCode::kInvalidArgument, "registry {}: no token is configured",
                 host_and_port(options.host, options.port));
  }
  absl::StatusOr<HttpListener> listener =
      open_http_listener("registry", options.host, options.port);
  if (!listener.ok()) return listener.status();

  auto dispatcher = std::make_unique<Dispatcher>(
      "registry",
      Gate{.hosts = std::nullopt, .tokens = TokenSet(options.tokens), .auth_off = false},
      registry_routes(calls), std::move(audit), options.counts);
  auto server = HttpServer::start(options.http, *std::move(listener), *dispatcher);
  if (!server.ok()) return server.status();
  return std::unique_ptr<RegistryServer>(
      new RegistryServer(std::move(dispatcher), *std::move(server)));
}

RegistryServer::RegistryServer(std::unique_ptr<Dispatcher> dispatcher,
                               std::unique_ptr<HttpServer> server)
    : dispatcher_(std::move(dispatcher)), server_(std::move(server)) {}

RegistryServer::~RegistryServer() = default;

std::uint16_t RegistryServer::bound_port() const { return server_->bound_port(); }

}  // namespace waymark::admin
