// What runs on: `waymarkctl events`.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "ctl/context.h"

namespace waymark::ctl {

struct EventsOptions {
  bool follow = false;
  std::string after;  // id of the last event known; empty: all that is kept, or with follow none
};
// Without `follow` it ends once what the server keeps has been printed. Ctrl-C is an ordinary end.
[[nodiscard]] absl::Status show_events(Context& context, const EventsOptions& options);

}  // namespace waymark::ctl
