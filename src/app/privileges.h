// What the process gives up when it starts, for good.
#pragma once

#include "absl/status/status.h"

namespace waymark::app {

// Neither this process nor a program it would start can get privileges (no_new_privs), and of the
// capabilities it has only the one to bind ports below 1024 stays, for listeners to come. Call it
// before there is a second thread.
[[nodiscard]] absl::Status drop_privileges();

// No core file, no debugger or profiler of the same user, and no look into /proc/PID by it: the
// process's memory holds clients' bytes and tokens.
void hide_memory();

}  // namespace waymark::app
