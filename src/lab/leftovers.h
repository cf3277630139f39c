// What proxies hold of frames: their own word for it, which ends no wait too late, and proves
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/http_client.h"

namespace waymark::lab {

// Of a text of /metrics.
struct ProxyBooks {
  std::uint64_t read = 0;  // frames, of clients
  std::uint64_t held = 0;  // of these: on their way to upstreams, or without one
};
[[nodiscard]] ProxyBooks read_books(std::string_view metrics);

class Leftovers {
 public:
  // `telemetry`: "127.0.0.1:9500" of each proxy.
  explicit Leftovers(std::vector<std::string> telemetry) : telemetry_(std::move(telemetry)) {}

  // Whether the proxies have read `sent` frames, and hold none any more. One that is not there has
  // nothing left to give; one that is slow to answer may.
  [[nodiscard]] bool none(std::uint64_t sent);

 private:
  const std::vector<std::string> telemetry_;
  ctl::HttpClient http_{std::chrono::milliseconds(1'000)};
};

}  // namespace waymark::lab
