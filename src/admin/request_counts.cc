#include "admin/request_counts.h"

namespace waymark::admin {

void RequestCounts::add(const RequestKind& kind) {
  const std::lock_guard lock(mutex_);
  ++counts_[kind];
}

std::map<RequestKind, std::uint64_t> RequestCounts::all() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void add_request_metrics(MetricsText& text, const std::map<RequestKind, std::uint64_t>& counts) {
  for (const auto& [kind, count] : counts) {
    text.counter("waymark_admin_requests_total",
                 "Requests answered by the HTTP listeners, by call and status code.", count,
                 {{"listener", kind.listener},
                  {"method", kind.method},
                  {"route", kind.route},
                  {"code", std::to_string(kind.code)}});
  }
}

}  // namespace waymark::admin
