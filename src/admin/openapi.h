// The calls for machines: an OpenAPI 3.0.3 document, from the route table and the descriptors.
#pragma once

#include <string>
#include <vector>

#include "admin/route_table.h"

namespace waymark::admin {

[[nodiscard]] std::string openapi_json(const std::vector<Route>& routes);

}  // namespace waymark::admin
