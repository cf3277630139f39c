// How many requests the HTTP listeners have answered, and connections that brought none.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "admin/metrics_text.h"

namespace waymark::admin {

// What is counted apart. All of it is ours: neither paths nor methods of strangers get in, so there
// are never more than a few hundred.
struct RequestKind {
  std::string listener;  // "admin", "registry" or "telemetry"
  std::string method;    // "other" with the route
  std::string route;     // the template: "/v1/upstreams/{id}"; "other": no call is there
  unsigned code = 0;

  auto operator<=>(const RequestKind&) const = default;
};

struct RequestFacts {
  std::map<RequestKind, std::uint64_t> answered;
  // Connections over TLS that ended before a request, by listener.
  std::map<std::string, std::uint64_t> unused{{"admin", 0}, {"registry", 0}};
};

// Any thread.
class RequestCounts {
 public:
  void add(const RequestKind& kind);
  void add_unused(const std::string& listener);
  [[nodiscard]] RequestFacts all() const;

 private:
  mutable std::mutex mutex_;
  RequestFacts facts_;  // guarded by mutex_
};

void add_request_metrics(MetricsText& text, const RequestFacts& facts);

}  // namespace waymark::admin
