// `waymarkctl config ...`
#pragma once

#include <string>

#include "absl/status/status.h"
#include "ctl/context.h"

namespace waymark::ctl {

// The effective configuration as YAML.
[[nodiscard]] absl::Status show_config(Context& context);
// `persist`: keeps it over a restart.
[[nodiscard]] absl::Status set_config(Context& context, const std::string& path,
                                      const std::string& value, bool persist);
[[nodiscard]] absl::Status show_config_diff(Context& context);
[[nodiscard]] absl::Status reload_config(Context& context);

// Becomes `waymark check -c FILE`, found beside this program or else in PATH; asks no server.
// Returns only if that cannot be started.
[[nodiscard]] absl::Status check_config_file(const std::string& file);

}  // namespace waymark::ctl
