// `waymarkctl names` and `waymarkctl groups`.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "ctl/context.h"

namespace waymark::ctl {

struct PresenceOptions {
  std::string pool;   // empty: of all
  std::string group;  // of `groups`: whose members; empty: the groups themselves
  std::uint64_t limit = 10'000;
};

// Both follow the pages of the server until options.limit rows are there.
[[nodiscard]] absl::Status list_names(Context& context, const PresenceOptions& options);
[[nodiscard]] absl::Status list_groups(Context& context, const PresenceOptions& options);

}  // namespace waymark::ctl
