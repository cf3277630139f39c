// Routes about upstreams, those of the ancestor and of the registry included.
#include <charconv>
#include <nlohmann/json.hpp>

#include "admin/admin_routes.h"
#include "admin/http_listener.h"
#include "admin/route_parts.h"

namespace waymark::admin {
namespace {

// The ancestor wrote {"host": "10.0.0.5", "port": 9000}.
void join_host_and_port(JsonValue& body, ErrorDetails& errors) {
  if (!body.is_object() || !body.contains("host")) return;
  const JsonValue host = body["host"];
  const JsonValue port = body.value("port", JsonValue());
  const bool in_range = port.is_number_unsigned() && port.get<std::uint64_t>() >= 1 &&
                        port.get<std::uint64_t>() <= 65535;
  if (!host.is_string() || host.get_ref<const std::string&>().empty()) {
    add_error(errors, "host", "expected a name or address as a string");
  }
  if (!in_range) add_error(errors, "port", "expected a whole number, 1 to 65535");
  if (body.contains("address")) add_error(errors, "host", "give address, or host and port");
  body.erase("host");
  body.erase("port");
  body["address"] = host.is_string() && in_range
                        ? host_and_port(host.get<std::string>(), port.get<std::uint16_t>())
                        : "refused";
}

Response add(AdminApi& calls, const Call& call) {
  return answer(calls.add_upstream(body_of<api::NewUpstream>(call), call.actor), 201);
}

Response change(AdminApi& calls, const Call& call) {
  const auto& body = body_of<api::UpstreamChange>(call);
  if (!body.has_weight() && !body.has_admin_state()) {
    return error_response(400, "nothing to change: give weight or admin_state");
  }
  return answer(calls.change_upstream(call.path.at("id"), body, call.actor));
}

Response remove(AdminApi& calls, const Call& call) {
  return answer(calls.remove_upstream(call.path.at("id"), call.actor));
}

Response register_upstream(AdminApi& calls, const Call& call) {
  const auto result =
      calls.put_registration(call.path.at("id"), body_of<api::NewRegistration>(call), call.actor);
  if (!result.ok()) return error_response(result.status());
  return answer(absl::StatusOr<api::Registration>(result->first), result->second ? 201 : 200);
}

}  // namespace

void add_upstream_routes(RouteTable& table, AdminApi& calls) {
  const Parameter pool{.name = "pool", .doc = "Only upstreams of this pool."};
  const auto list = [&calls](const Call& call) {
    return answer(calls.upstreams(call.query_or("pool", "")));
  };
  const auto remove_one = [&calls](const Call& call) { return remove(calls, call); };
  const auto add_one = [&calls](const Call& call) { return add(calls, call); };

  table.add({.method = "GET",
             .path = "/v1/upstreams",
             .doc = "The upstreams.",
             .answers = api::UpstreamList::descriptor(),
             .query = {pool},
             .handler = list});
  table.add({.method = "POST",
             .path = "/v1/upstreams",
             .role = Role::kOperate,
             .doc = "Adds an upstream.",
             .takes = api::NewUpstream::descriptor(),
             .answers = api::Upstream::descriptor(),
             .status = 201,
             .handler = add_one});
  table.add({.method = "GET",
             .path = "/v1/upstreams/{id}",
             .doc = "One upstream.",
             .answers = api::Upstream::descriptor(),
             .handler = [&calls](const Call& call) {
               return answer(calls.upstream(call.path.at("id")));
             }});
  table.add({.method = "PATCH",
             .path = "/v1/upstreams/{id}",
             .role = Role::kOperate,
             .doc = "Changes what an upstream is meant to do.",
             .takes = api::UpstreamChange::descriptor(),
             .answers = api::Upstream::descriptor(),
             .handler = [&calls](const Call& call) { return change(calls, call); }});
  table.add({.method = "DELETE",
             .path = "/v1/upstreams/{id}",
             .role = Role::kOperate,
             .doc = "Removes an upstream; its clients move to others.",
             .answers = api::Upstream::descriptor(),
             .handler = remove_one});

  table.add({.method = "GET",
             .path = "/upstream/",
             .doc = "The upstreams, as GET /v1/upstreams.",
             .answers = api::UpstreamList::descriptor(),
             .query = {pool},
             .handler = list});
  table.add({.method = "POST",
             .path = "/upstream/add",
             .role = Role::kOperate,
             .doc = "Adds an upstream, as POST /v1/upstreams; host and port stand for address.",
             .takes = api::NewUpstream::descriptor(),
             .answers = api::Upstream::descriptor(),
             .status = 201,
             .handler = add_one,
             .rewrite = join_host_and_port});
  table.add({.method = "POST",
             .path = "/upstream/delete/{id}",
             .role = Role::kOperate,
             .doc = "Removes an upstream, as DELETE /v1/upstreams/{id}.",
             .answers = api::Upstream::descriptor(),
             .handler = remove_one});
}

RouteTable registry_routes(AdminApi& calls) {
  RouteTable table;
  table.add({.method = "PUT",
             .path = "/v1/registrations/{id}",
             .role = Role::kRegistry,
             .doc = "Registers an upstream for a time, or renews it; 201 when it is new.",
             .takes = api::NewRegistration::descriptor(),
             .answers = api::Registration::descriptor(),
             .handler = [&calls](const Call& call) { return register_upstream(calls, call); }});
  table.add({.method = "DELETE",
             .path = "/v1/registrations/{id}",
             .role = Role::kRegistry,
             .doc = "Ends a registration; the upstream is drained.",
             .answers = api::Registration::descriptor(),
             .handler = [&calls](const Call& call) {
               return answer(calls.delete_registration(call.path.at("id"), call.actor));
             }});
  return table;
}

}  // namespace waymark::admin
