// A proxy's snapshot as Prometheus text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/snapshot.h"

namespace waymark::admin {

struct ProgramFacts {
  std::string_view version;
  std::uint64_t log_lines_dropped = 0;
};

// Conservation holds for each worker in one scrape:
//   frames read = frames sent + outstanding + stranded + discarded
[[nodiscard]] std::string proxy_metrics(const proxy::ProxySnapshot& snapshot,
                                        const ProgramFacts& facts);

}  // namespace waymark::admin
