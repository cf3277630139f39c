// The calls of docs/admin.md.
#pragma once

#include <string>

#include "admin/admin_api.h"
#include "admin/event_ring.h"
#include "admin/route_table.h"

namespace waymark::admin {

// Of the admin listener, GET /openapi.json included. `calls` and `events` must outlive the table;
// `lab`: "127.0.0.1:8300", which the dashboard may ask besides this server; empty: nobody.
[[nodiscard]] RouteTable admin_routes(AdminApi& calls, EventRing& events,
                                      const std::string& lab = "");
// Of the registry listener.
[[nodiscard]] RouteTable registry_routes(AdminApi& calls);

// The parts of admin_routes().
void add_process_routes(RouteTable& table, AdminApi& calls, EventRing& events);
void add_stats_routes(RouteTable& table, AdminApi& calls);
void add_upstream_routes(RouteTable& table, AdminApi& calls);
void add_connection_routes(RouteTable& table, AdminApi& calls);
void add_presence_routes(RouteTable& table, AdminApi& calls);
void add_dead_letter_routes(RouteTable& table, AdminApi& calls);
void add_web_routes(RouteTable& table, const std::string& lab);

}  // namespace waymark::admin
