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

enum class TapFormat : std::uint8_t { hex, json };

struct TapOptions {
  std::string mark;
  std::uint32_t seconds = 0;  // 0: as long as the server allows
  TapFormat format = TapFormat::hex;
};
// Ends with the connection, after `seconds` or with Ctrl-C.
[[nodiscard]] absl::Status tap_connection(Context& context, const TapOptions& options);

}  // namespace waymark::ctl
