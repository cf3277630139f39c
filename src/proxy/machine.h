// What this machine and this process may use.
#pragma once

#include <cstddef>

namespace waymark::proxy {

// max(1, cores this process may run on / 2).
[[nodiscard]] std::size_t default_workers();
// RLIMIT_NOFILE - max(256, 2 %).
[[nodiscard]] std::size_t default_max_connections();

}  // namespace waymark::proxy
