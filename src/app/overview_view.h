// GET /v1/overview: the proxy at one moment, small enough to be asked for once a second.
#pragma once

#include <vector>

#include "app/api_view.h"
#include "proxy/layout.h"
#include "proxy/snapshot.h"

namespace waymark::app {

// Its workers, upstreams and what goes to them; the rest of it is left to the caller.
void add_workers(api::Overview& out, const proxy::ProxySnapshot& snapshot,
                 const proxy::Layout& layout);
void add_upstreams(api::Overview& out, const proxy::ProxySnapshot& snapshot,
                   std::vector<UpstreamView> upstreams);

}  // namespace waymark::app
