// Routes about clients.

#include "admin/admin_routes.h"
#include "admin/route_parts.h"

namespace waymark::admin {
namespace {

constexpr std::size_t kMostOnPage = 10'000;
constexpr std::size_t kMostInOrder = 1'000;  // of another order than by mark
constexpr std::size_t kMostTapBytes = 65'536;
constexpr std::uint64_t kLeastTapRate = 1'024;
constexpr std::uint64_t kMostTapRate = 1'073'741'824;

std::vector<Parameter> list_parameters() {
  return {
      {.name = "state",
       .doc = "By what they sent lately; all if left out.",
       .words = {"all", "active", "inactive"}},
      {.name = "upstream", .doc = "Id or address of the upstream that serves them."},
      {.name = "listener", .doc = "Where they were accepted."},
      {.name = "pool", .doc = "Whose upstreams serve them."},
      {.name = "group", .doc = "They are in."},
      {.name = "peer", .doc = "Their address, with or without the port, or a network."},
      {.name = "order",
       .doc = "What they are ordered by; mark if left out.",
       .words = {"mark", "peer", "listener", "upstream", "state", "opened", "last_frame",
                 "frames_up", "frames_down", "bytes_up", "bytes_down", "queued", "outstanding"}},
      {.name = "descending",
       .doc = "The greatest first; false if left out. Not by mark.",
       .words = {"true", "false"}},
      {.name = "limit",
       .doc = "The most on a page; 1000 if left out, and the most unless ordered by mark.",
       .min = 1,
       .max = kMostOnPage},
      {.name = "page_token", .doc = "next_page_token of the page before."}};
}

Response list(AdminApi& calls, const Call& call) {
  ConnectionQuery query;
  query.filter.set_state(call.query_or("state", "all"));
  query.filter.set_upstream(call.query_or("upstream", ""));
  query.filter.set_listener(call.query_or("listener", ""));
  query.filter.set_pool(call.query_or("pool", ""));
  query.filter.set_group(call.query_or("group", ""));
  query.filter.set_peer(call.query_or("peer", ""));
  query.page_token = call.query_or("page_token", "");
  query.limit = number_of(call, "limit", query.limit);
  query.order = call.query_or("order", "mark");
  query.descending = call.query_or("descending", "false") == "true";
  if (query.order == "mark" && query.descending) {
    return invalid("descending", "is for other orders than by mark");
  }
  if (query.order != "mark" && query.limit > kMostInOrder) {
    return invalid("limit", "is at most 1000 unless ordered by mark");
  }
  return answer(calls.connections(query));
}

Response close_one(AdminApi& calls, const Call& call) {
  const auto& body = body_of<api::CloseConnection>(call);
  auto goodbye =
      payload_of({"goodbye", body.goodbye(), "goodbye_text", body.goodbye_text(), false});
  if (auto* refusal = std::get_if<Response>(&goodbye)) return std::move(*refusal);
  return answer(calls.close_connection(call.path.at("mark"), body.reason(),
                                       std::get<std::string>(goodbye), call.actor));
}

Response send(AdminApi& calls, const Call& call) {
  const auto& body = body_of<api::SendToConnection>(call);
  auto payload = payload_of({"payload", body.payload(), "text", body.text(), true});
  if (auto* refusal = std::get_if<Response>(&payload)) return std::move(*refusal);
  return answer(
      calls.send_to_connection(call.path.at("mark"), std::get<std::string>(payload), call.actor));
}

Response tap(AdminApi& calls, const Call& call) {
  const TapQuery query{.max_bytes = number_of(call, "max_bytes", TapQuery{}.max_bytes),
                       .max_rate = number_of(call, "max_rate", 0)};
  auto frames = calls.tap_connection(call.path.at("mark"), query);
  if (!frames.ok()) return error_response(frames.status());
  Response response;
  response.content_type = "text/event-stream";
  response.stream = *std::move(frames);
  return response;
}

Response broadcast(AdminApi& calls, const Call& call) {
  const auto& body = body_of<api::Broadcast>(call);
  auto payload = payload_of({"payload", body.payload(), "text", body.text(), true});
  if (auto* refusal = std::get_if<Response>(&payload)) return std::move(*refusal);
  return answer(calls.broadcast(body, std::get<std::string>(payload), call.actor));
}

template <typename Request>
using BulkCall = absl::StatusOr<api::ConnectionsActionDone> (AdminApi::*)(const Request&,
                                                                          const Actor&);

// An empty filter would mean every client there is: too much for a typing error.
template <typename Request>
std::function<Response(const Call&)> bulk(AdminApi& calls, BulkCall<Request> function) {
  return [&calls, function](const Call& call) {
    const auto& body = body_of<Request>(call);
    if (body.filter().ByteSizeLong() == 0) {
      return invalid("filter", "may not be empty; state: all means every connection");
    }
    return answer((calls.*function)(body, call.actor));
  };
}

}  // namespace

void add_connection_routes(RouteTable& table, AdminApi& calls) {
  table.add({.method = "GET",
             .path = "/v1/connections",
             .doc = "The connected clients, by mark, a page at a time.",
             .answers = api::ConnectionList::descriptor(),
             .query = list_parameters(),
             .handler = [&calls](const Call& call) { return list(calls, call); }});
  table.add({.method = "POST",
             .path = "/v1/connections/{mark}:close",
             .role = Role::kOperate,
             .doc = "Closes a client, after a last frame if one is given.",
             .takes = api::CloseConnection::descriptor(),
             .answers = api::ActionDone::descriptor(),
             .handler = [&calls](const Call& call) { return close_one(calls, call); }});
  table.add({.method = "POST",
             .path = "/v1/connections/{mark}:send",
             .role = Role::kOperate,
             .doc = "Sends a client a frame.",
             .takes = api::SendToConnection::descriptor(),
             .answers = api::ActionDone::descriptor(),
             .handler = [&calls](const Call& call) { return send(calls, call); }});
  table.add({.method = "GET",
             .path = "/v1/connections/{mark}:tap",
             .role = Role::kAdmin,
             .doc = "A client's frames both ways while it is connected, as server-sent events.",
             .content_type = "text/event-stream",
             .query = {{.name = "max_bytes",
                        .doc = "Shown of each payload; 4096 if left out.",
                        .min = 1,
                        .max = kMostTapBytes},
                       {.name = "max_rate",
                        .doc = "Bytes shown a second, each frame counting 128 more; as many as "
                               "there are if left out.",
                        .min = kLeastTapRate,
                        .max = kMostTapRate}},
             .handler = [&calls](const Call& call) { return tap(calls, call); },
             .reveals = true});
  table.add({.method = "GET",
             .path = "/v1/connections/{mark}",
             .doc = "One client.",
             .answers = api::Connection::descriptor(),
             .handler = [&calls](const Call& call) {
               return answer(calls.connection(call.path.at("mark")));
             }});
  table.add({.method = "POST",
             .path = "/v1/connections:close",
             .role = Role::kOperate,
             .doc = "Closes the clients that a filter finds.",
             .takes = api::ConnectionsAction::descriptor(),
             .answers = api::ConnectionsActionDone::descriptor(),
             .handler = bulk(calls, &AdminApi::close_connections)});
  table.add({.method = "POST",
             .path = "/v1/connections:rebalance",
             .role = Role::kOperate,
             .doc = "Gives the clients that a filter finds to the upstreams whose turn it is.",
             .takes = api::ConnectionsAction::descriptor(),
             .answers = api::ConnectionsActionDone::descriptor(),
             .handler = bulk(calls, &AdminApi::rebalance_connections)});
  table.add({.method = "POST",
             .path = "/v1/connections:rotate",
             .role = Role::kOperate,
             .doc = "Ends the clients that a filter finds, gently and one after the other.",
             .takes = api::ConnectionsRotation::descriptor(),
             .answers = api::ConnectionsActionDone::descriptor(),
             .handler = bulk(calls, &AdminApi::rotate_connections)});
  table.add({.method = "POST",
             .path = "/v1/broadcast",
             .role = Role::kOperate,
             .doc = "Sends many clients a frame.",
             .takes = api::Broadcast::descriptor(),
             .answers = api::BroadcastDone::descriptor(),
             .handler = [&calls](const Call& call) { return broadcast(calls, call); }});
}

}  // namespace waymark::admin
