// Listeners and pools as requests name them.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "proxy/layout.h"
#include "proxy/settings.h"

namespace waymark::app {

// The slot in `layout` of what has this name, also of what only serves the connections it has.
// InvalidArgument names `field`, and what `configured` has.
[[nodiscard]] absl::StatusOr<std::size_t> listener_slot(const proxy::Layout& layout,
                                                        const proxy::Settings& configured,
                                                        const std::string& name,
                                                        const std::string& field);
[[nodiscard]] absl::StatusOr<std::size_t> pool_slot(const proxy::Layout& layout,
                                                    const proxy::Settings& configured,
                                                    const std::string& name,
                                                    const std::string& field);

}  // namespace waymark::app
