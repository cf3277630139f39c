// The HTTP listener for probes and Prometheus: GET /livez, /readyz, /metrics, and nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "admin/request_counts.h"
#include "admin/telemetry_source.h"

namespace waymark::admin {

struct TelemetryOptions {
  std::string host;               // numeric address, IPv4 or IPv6 without brackets
  std::uint16_t port = 0;         // 0: one the system chooses
  unsigned max_connections = 64;  // more wait in the backlog
  std::chrono::seconds idle_timeout{10};
  RequestCounts* counts = nullptr;  // outlives the server; null: nobody counts
};

// It changes nothing and holds no secret, so it needs no token and looks at no Host header; a pod's
// probe comes with any name. A request's body is read up to a small limit and ignored.
//
//   path       answer
//   /livez     200 "live\n" while the admin thread runs
//   /readyz    200 "ready\n", or 503 and the reason
//   /metrics   200 and the text of TelemetrySource::metrics()
//   other      404; another method than GET or HEAD: 405; both {"code", "message"} as JSON
class TelemetryServer {
 public:
  // Binds and starts the admin thread. `source` must outlive the server. InvalidArgument for a host
  // that is no address; otherwise the error of the system call, naming host:port.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<TelemetryServer>> start(
      const TelemetryOptions& options, TelemetrySource& source);

  TelemetryServer(const TelemetryServer&) = delete;
  TelemetryServer& operator=(const TelemetryServer&) = delete;

  // Waits for the request being answered, then ends the thread and every connection.
  ~TelemetryServer();

  [[nodiscard]] std::uint16_t bound_port() const { return bound_port_; }

 private:
  class Daemon;

  TelemetryServer(std::unique_ptr<Daemon> daemon, std::uint16_t bound_port);

  const std::unique_ptr<Daemon> daemon_;
  const std::uint16_t bound_port_;
};

}  // namespace waymark::admin
