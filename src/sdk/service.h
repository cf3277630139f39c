// What all streams of a server share.
#pragma once

#include <memory>

#include "sdk/directory.h"
#include "waymark/upstream_handler.h"
#include "waymark/upstream_server.h"

namespace waymark::sdk {

struct Service {
  UpstreamHandler& handler;
  UpstreamOptions options;  // fixed, and with a name, before the first stream
  const std::shared_ptr<Directory> directory;
};

}  // namespace waymark::sdk
