// Routes about frames that were given up.

#include "admin/admin_routes.h"
#include "admin/route_parts.h"

namespace waymark::admin {
namespace {

constexpr std::size_t kMostOnPage = 10'000;

std::vector<Parameter> list_parameters() {
  return {{.name = "pool", .doc = "Whose upstreams they were for."},
          {.name = "mark", .doc = "Of the connection they came on."},
          {.name = "reason",
           .doc = "Why they were given up; all if left out.",
           .words = {"all", "max_attempts", "given_up"}},
          {.name = "limit",
           .doc = "The most on a page; 1000 if left out.",
           .min = 1,
           .max = kMostOnPage},
          {.name = "page_token", .doc = "next_page_token of the page before."}};
}

Response list(AdminApi& calls, const Call& call) {
  DeadLetterQuery query;
  query.filter.set_pool(call.query_or("pool", ""));
  query.filter.set_mark(call.query_or("mark", ""));
  query.filter.set_reason(call.query_or("reason", "all"));
  query.page_token = call.query_or("page_token", "");
  query.limit = number_of(call, "limit", query.limit);
  return answer(calls.dead_letters(query));
}

using BulkCall = absl::StatusOr<api::DeadLettersActionDone> (AdminApi::*)(
    const api::DeadLettersAction&, const Actor&);

// An empty filter would mean all there are: too much for a typing error.
std::function<Response(const Call&)> bulk(AdminApi& calls, BulkCall function) {
  return [&calls, function](const Call& call) {
    const auto& body = body_of<api::DeadLettersAction>(call);
    if (body.filter().ByteSizeLong() == 0) {
      return invalid("filter", "may not be empty; reason: all means every dead letter");
    }
    return answer((calls.*function)(body, call.actor));
  };
}

}  // namespace

void add_dead_letter_routes(RouteTable& table, AdminApi& calls) {
  table.add({.method = "GET",
             .path = "/v1/deadletters",
             .doc = "Frames that were given up, the oldest first, a page at a time.",
             .answers = api::DeadLetterList::descriptor(),
             .query = list_parameters(),
             .handler = [&calls](const Call& call) { return list(calls, call); }});
  table.add({.method = "POST",
             .path = "/v1/deadletters/{id}:replay",
             .role = Role::kOperate,
             .doc = "Gives a dead letter to an upstream again.",
             .answers = api::DeadLetterReplayed::descriptor(),
             .handler = [&calls](const Call& call) {
               return answer(calls.replay_dead_letter(call.path.at("id"), call.actor));
             }});
  table.add(
      {.method = "GET",
       .path = "/v1/deadletters/{id}",
       .role = Role::kAdmin,
       .doc = "One dead letter with its payload.",
       .answers = api::DeadLetterContent::descriptor(),
       .handler =
           [&calls](const Call& call) { return answer(calls.dead_letter(call.path.at("id"))); },
       .reveals = true});
  table.add({.method = "DELETE",
             .path = "/v1/deadletters/{id}",
             .role = Role::kOperate,
             .doc = "Drops a dead letter.",
             .answers = api::DeadLetter::descriptor(),
             .handler = [&calls](const Call& call) {
               return answer(calls.drop_dead_letter(call.path.at("id"), call.actor));
             }});
  table.add({.method = "POST",
             .path = "/v1/deadletters:replay",
             .role = Role::kOperate,
             .doc = "Gives the dead letters that a filter finds to upstreams again.",
             .takes = api::DeadLettersAction::descriptor(),
             .answers = api::DeadLettersActionDone::descriptor(),
             .handler = bulk(calls, &AdminApi::replay_dead_letters)});
  table.add({.method = "POST",
             .path = "/v1/deadletters:drop",
             .role = Role::kOperate,
             .doc = "Drops the dead letters that a filter finds.",
             .takes = api::DeadLettersAction::descriptor(),
             .answers = api::DeadLettersActionDone::descriptor(),
             .handler = bulk(calls, &AdminApi::drop_dead_letters)});
}

}  // namespace waymark::admin
