// Frames a second, out of counters read twice. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "ctl/json_fields.h"

namespace waymark::ctl {

struct Rate {
  double frames_up = 0;      // written to the upstream, a second
  double messages_down = 0;  // answered by it, a second
};

class Rates {
 public:
  using Clock = std::chrono::steady_clock;

  // The UpstreamList read at `now`, by the process `boot_id`.
  void add(const Json& list, const std::string& boot_id, Clock::time_point now);

  // Between the last two lists; nothing if the upstream was not in both, or if it cannot be told
  // because the process or a link has begun to count anew.
  [[nodiscard]] std::optional<Rate> of(const std::string& id) const;
  // The sum of all that can be told.
  [[nodiscard]] Rate total() const;

 private:
  struct Count {
    std::uint64_t frames = 0;
    std::uint64_t messages = 0;
  };

  std::map<std::string, Count> counts_;
  std::map<std::string, Rate> rates_;
  std::string boot_id_;
  Clock::time_point read_at_;
};

}  // namespace waymark::ctl
