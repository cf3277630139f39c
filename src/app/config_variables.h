// Variables of the environment in the values of a configuration.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "app/config_machine.h"

namespace waymark::app {

// `text` with ${NAME} and ${NAME:-default} replaced and $$ made a single dollar sign. The default
// stands where NAME is not set or empty; without one, NAME must be set. What comes in is not
// expanded again.
[[nodiscard]] absl::StatusOr<std::string> expand_variables(std::string_view text,
                                                           const Machine& machine);

}  // namespace waymark::app
