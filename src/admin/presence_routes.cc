// Routes about the names and groups that upstreams give to clients.

#include "admin/admin_routes.h"
#include "admin/route_parts.h"

namespace waymark::admin {
namespace {

constexpr std::size_t kMostOnPage = 10'000;

std::vector<Parameter> page_parameters() {
  return {{.name = "pool", .doc = "Only of this pool."},
          {.name = "limit",
           .doc = "The most on a page; 1000 if left out.",
           .min = 1,
           .max = kMostOnPage},
          {.name = "page_token", .doc = "next_page_token of the page before."}};
}

PresenceQuery query_of(const Call& call) {
  PresenceQuery query;
  query.pool = call.query_or("pool", "");
  query.page_token = call.query_or("page_token", "");
  query.limit = number_of(call, "limit", query.limit);
  return query;
}

}  // namespace

void add_presence_routes(RouteTable& table, AdminApi& calls) {
  table.add(
      {.method = "GET",
       .path = "/v1/names",
       .doc = "The names of connections, a page at a time.",
       .answers = api::NameList::descriptor(),
       .query = page_parameters(),
       .handler = [&calls](const Call& call) { return answer(calls.names(query_of(call))); }});
  table.add(
      {.method = "GET",
       .path = "/v1/groups",
       .doc = "The groups that connections are in, a page at a time.",
       .answers = api::GroupList::descriptor(),
       .query = page_parameters(),
       .handler = [&calls](const Call& call) { return answer(calls.groups(query_of(call))); }});
  table.add({.method = "GET",
             .path = "/v1/groups/{group}",
             .doc = "Who is in a group, a page at a time.",
             .answers = api::MemberList::descriptor(),
             .query = page_parameters(),
             .handler = [&calls](const Call& call) {
               return answer(calls.group(call.path.at("group"), query_of(call)));
             }});
}

}  // namespace waymark::admin
