// Routes about the process as a whole: what it is, its configuration and its events.
#include <charconv>

#include "admin/admin_routes.h"
#include "admin/openapi.h"
#include "admin/route_parts.h"

namespace waymark::admin {
namespace {

// The last events that are kept, and those that follow.
std::unique_ptr<StreamSource> last_events(EventRing& events, const std::string& count) {
  std::size_t last = 0;
  std::from_chars(count.data(), count.data() + count.size(), last);
  return events.listen_to_last(last);
}

Response stream_events(const Call& call, EventRing& events) {
  std::optional<std::uint64_t> last_id;
  if (const std::string* header = call.request.header("last-event-id")) {
    const char* end = header->data() + header->size();
    const auto [at, fault] = std::from_chars(header->data(), end, last_id.emplace());
    if (fault != std::errc() || at != end) {
      return invalid("Last-Event-ID", "expected the id of an event, a whole number");
    }
  }
  Response response;
  response.content_type = "text/event-stream";
  const std::string last = call.query_or("last", "");
  response.stream = last_id || last.empty() ? events.listen(last_id) : last_events(events, last);
  return response;
}

}  // namespace

void add_process_routes(RouteTable& table, AdminApi& calls, EventRing& events) {
  table.add({.method = "GET",
             .path = "/v1/info",
             .doc = "What the process is and how it is.",
             .answers = api::Info::descriptor(),
             .handler = [&calls](const Call& call) {
               auto info = calls.info();
               if (info.ok()) info->set_role(call.actor.role);
               return answer(info);
             }});
  table.add({.method = "GET",
             .path = "/v1/overview",
             .doc = "All of it at one moment, with what was counted since the start.",
             .answers = api::Overview::descriptor(),
             .handler = [&calls](const Call& call) {
               auto overview = calls.overview();
               if (overview.ok()) overview->mutable_info()->set_role(call.actor.role);
               return answer(overview);
             }});
  table.add({.method = "GET",
             .path = "/v1/listeners",
             .doc = "Where clients are accepted.",
             .answers = api::ListenerList::descriptor(),
             .handler = [&calls](const Call&) { return answer(calls.listeners()); }});
  table.add({.method = "GET",
             .path = "/v1/pools",
             .doc = "The pools.",
             .answers = api::PoolList::descriptor(),
             .handler = [&calls](const Call&) { return answer(calls.pools()); }});
  table.add(
      {.method = "GET",
       .path = "/v1/pools/{pool}",
       .doc = "One pool.",
       .answers = api::Pool::descriptor(),
       .handler = [&calls](const Call& call) { return answer(calls.pool(call.path.at("pool"))); }});
  table.add({.method = "GET",
             .path = "/v1/config",
             .doc = "The configuration that runs.",
             .answers = api::ConfigDocument::descriptor(),
             .handler = [&calls](const Call&) { return answer(calls.config()); }});
  table.add({.method = "PATCH",
             .path = "/v1/config",
             .role = Role::kAdmin,
             .doc = "Changes settings of the process that runs.",
             .takes = api::ConfigChange::descriptor(),
             .answers = api::ConfigDiff::descriptor(),
             .handler = [&calls](const Call& call) {
               return answer(calls.change_config(body_of<api::ConfigChange>(call), call.actor));
             }});
  table.add({.method = "GET",
             .path = "/v1/config:diff",
             .doc = "Where what runs differs from the file.",
             .answers = api::ConfigDiff::descriptor(),
             .handler = [&calls](const Call&) { return answer(calls.config_diff()); }});
  table.add(
      {.method = "POST",
       .path = "/v1/config:reload",
       .role = Role::kAdmin,
       .doc = "Reads the file again and applies it, or keeps what runs and says why.",
       .answers = api::ReloadDone::descriptor(),
       .handler = [&calls](const Call& call) { return answer(calls.reload_config(call.actor)); }});
  table.add({.method = "GET",
             .path = "/v1/events",
             .doc = "What happens, as server-sent events; Last-Event-ID resumes.",
             .content_type = "text/event-stream",
             .query = {{.name = "last",
                        .doc = "Begins so many events ago, without Last-Event-ID.",
                        .min = 1,
                        .max = EventRing::kEvents}},
             .handler = [&events](const Call& call) { return stream_events(call, events); }});
}

RouteTable admin_routes(AdminApi& calls, EventRing& events, const std::string& lab) {
  RouteTable table;
  add_process_routes(table, calls, events);
  add_stats_routes(table, calls);
  add_upstream_routes(table, calls);
  add_connection_routes(table, calls);
  add_presence_routes(table, calls);
  add_dead_letter_routes(table, calls);
  add_web_routes(table, lab);

  Route document{
      .method = "GET", .path = "/openapi.json", .role = Role::kNone, .doc = "This document."};
  std::vector<Route> all = table.routes();
  all.push_back(document);
  const RouteTable registry = registry_routes(calls);
  all.insert(all.end(), registry.routes().begin(), registry.routes().end());
  document.handler = [text = openapi_json(all)](const Call&) {
    Response response;
    response.body = text;
    return response;
  };
  table.add(std::move(document));
  return table;
}

}  // namespace waymark::admin
