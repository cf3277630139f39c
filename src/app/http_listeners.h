// The HTTP listeners of a proxy: probes and metrics, the admin API, the registry.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "admin/admin_server.h"
#include "admin/telemetry_server.h"
#include "app/config.h"
#include "app/http_tls.h"
#include "app/log.h"

namespace waymark::app {

struct HttpListeners {
  std::unique_ptr<admin::TelemetryServer> telemetry;
  std::unique_ptr<admin::AdminServer> admin;
  std::unique_ptr<admin::RegistryServer> registry;  // null: off
};

// Opens them all, or none. Makes admin.token, and registry.token where there is a registry, in the
// state directory unless they are there. All arguments outlive the listeners.
[[nodiscard]] absl::StatusOr<HttpListeners> open_http_listeners(
    const Config& config, const HttpTls& tls, admin::TelemetrySource& telemetry,
    admin::RequestCounts& requests, admin::AdminApi& calls, admin::EventRing& events, Log& log);

}  // namespace waymark::app
