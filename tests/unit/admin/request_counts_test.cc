#include "admin/request_counts.h"

#include <catch2/catch.hpp>
#include <utility>

namespace waymark::admin {
namespace {

TEST_CASE("requests are counted by listener, call and code") {
  RequestCounts counts;
  const RequestKind get{"admin", "GET", "/v1/upstreams/{id}", 200};
  const RequestKind missed{"admin", "GET", "/v1/upstreams/{id}", 404};
  counts.add(get);
  counts.add(missed);
  counts.add(get);
  counts.add_unused("registry");
  CHECK(counts.all().answered == std::map<RequestKind, std::uint64_t>{{get, 2}, {missed, 1}});

  MetricsText text;
  add_request_metrics(text, counts.all());
  const std::string labels =
      "\nwaymark_admin_requests_total{listener=\"admin\",method=\"GET\","
      "route=\"/v1/upstreams/{id}\",code=";
  const std::string shown = std::move(text).finish();
  CHECK_THAT(shown, Catch::Contains(labels + "\"200\"} 2\n"));
  CHECK_THAT(shown, Catch::Contains(labels + "\"404\"} 1\n"));
  const std::string unused = "\nwaymark_admin_unused_connections_total{listener=";
  CHECK_THAT(shown, Catch::Contains(unused + "\"admin\"} 0\n"));
  CHECK_THAT(shown, Catch::Contains(unused + "\"registry\"} 1\n"));
}

}  // namespace
}  // namespace waymark::admin
