// What the process is: `waymarkctl status`, `pools`, `listeners`, `version`.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ctl/context.h"

namespace waymark::ctl {

[[nodiscard]] absl::Status show_status(Context& context);
[[nodiscard]] absl::Status list_pools(Context& context);
[[nodiscard]] absl::Status show_pool(Context& context, const std::string& name);
[[nodiscard]] absl::Status list_listeners(Context& context);
// The version of this program, and the server's if it answers.
[[nodiscard]] absl::Status show_version(Context& context, std::string_view own);
// The address of the dashboard with the token behind its `#`, once the server has taken that token.
[[nodiscard]] absl::Status show_dashboard(Context& context);

}  // namespace waymark::ctl
