// How many requests the HTTP listeners have answered.
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

// Any thread.
class RequestCounts {
 public:
  void add(const RequestKind& kind);
  [[nodiscard]] std::map<RequestKind, std::uint64_t> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<RequestKind, std::uint64_t> counts_;
};

void add_request_metrics(MetricsText& text, const std::map<RequestKind, std::uint64_t>& counts);

}  // namespace waymark::admin
