// A proxy's snapshot as Prometheus text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/snapshot.h"

namespace waymark::admin {

// What the control thread thinks of an upstream.
struct UpstreamStanding {
  std::string pool;
  std::string address;
  std::string source;
  std::string state;
  std::string admin_state;
  std::uint32_t failures = 0;
  std::uint32_t weight = 1;
};

struct ProgramFacts {
  std::string_view version;
  std::uint64_t log_lines_dropped = 0;
  std::vector<UpstreamStanding> upstreams;
};

// Conservation holds for each worker in one scrape:
//   frames read = frames sent + outstanding + stranded + discarded
[[nodiscard]] std::string proxy_metrics(const proxy::ProxySnapshot& snapshot,
                                        const ProgramFacts& facts);

}  // namespace waymark::admin
