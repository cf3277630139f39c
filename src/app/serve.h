// Runs a proxy from its configuration to its end: the one place that wires everything together.
#pragma once

#include <string>

#include "app/config.h"

namespace waymark::app {

struct ServeOptions {
  std::string config_path;
  bool recover = false;    // put a damaged state file aside and go on
  bool traceable = false;  // its memory is there for debuggers, profilers and core files
};

// Serves until SIGTERM or SIGINT, drains, and answers the exit code: 0 after a drain in order, 1 if
// it could not start (the reason is on stderr). A second signal ends the process at once.
[[nodiscard]] int serve(Config config, const ServeOptions& options);

}  // namespace waymark::app
