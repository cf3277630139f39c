// The metrics of the frames that were given up.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/metrics_text.h"

namespace waymark::admin {

struct DeadLetterFacts {
  using ByReason = std::vector<std::pair<std::string_view, std::uint64_t>>;

  std::uint64_t stored = 0;
  std::uint64_t bytes = 0;
  ByReason added;
  ByReason dropped;
  std::uint64_t replayed = 0;
};

void add_dead_letter_metrics(MetricsText& text, const DeadLetterFacts& facts);

}  // namespace waymark::admin
