// What runs on: `waymarkctl events` and `waymarkctl connections tap`.
#pragma once

#include <cstdint>
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

struct TapOptions {
  std::string mark;
  std::uint64_t max_bytes = 0;  // shown of a frame; 0: as many as the proxy likes to
  std::uint64_t max_rate = 0;   // bytes shown a second; 0: no such limit
  std::uint64_t count = 0;      // ends after so many frames; 0: never
};
// The frames of one connection both ways, until it ends. Ctrl-C is an ordinary end.
[[nodiscard]] absl::Status tap_connection(Context& context, const TapOptions& options);

}  // namespace waymark::ctl
