#include "admin/request_counts.h"

namespace waymark::admin {

void RequestCounts::add(const RequestKind& kind) {
  const std::lock_guard lock(mutex_);
  ++facts_.answered[kind];
}

void RequestCounts::add_unused(const std::string& listener) {
  const std::lock_guard lock(mutex_);
  ++facts_.unused[listener];
}

RequestFacts RequestCounts::all() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

void add_request_metrics(MetricsText& text, const RequestFacts& facts) {
  for (const auto& [kind, count] : facts.answered) {
    text.counter("waymark_admin_requests_total",
                 "Requests answered by the HTTP listeners, by call and status code.", count,
                 {{"listener", kind.listener},
                  {"method", kind.method},
                  {"route", kind.route},
                  {"code", std::to_string(kind.code)}});
  }
  for (const auto& [listener, count] : facts.unused) {
    text.counter("waymark_admin_unused_connections_total",
                 "Connections over TLS to the HTTP listeners that ended before a request: the "
                 "handshake failed or was late, or nothing came.",
                 count, {{"listener", listener}});
  }
}

}  // namespace waymark::admin
