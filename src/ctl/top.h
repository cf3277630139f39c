// `waymarkctl top`: upstreams and their rates, again and again.
#pragma once

#include "absl/status/status.h"
#include "ctl/context.h"

namespace waymark::ctl {

struct TopOptions {
  Millis interval{1000};
  bool once = false;  // one table after one interval, without a screen
};

// Needs a terminal unless `once`. Ends with q, Ctrl-C or a signal, and gives the terminal back as
// it was. A server that is gone for a while is waited for; one that never answered is an error.
[[nodiscard]] absl::Status run_top(Context& context, const TopOptions& options);

}  // namespace waymark::ctl
