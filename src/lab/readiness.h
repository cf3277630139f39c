// Whether the proxies of a lab serve, each with all upstreams.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ctl/http_client.h"

namespace waymark::lab {

class Readiness {
 public:
  // `telemetry`: "127.0.0.1:9500" of each proxy.
  Readiness(std::vector<std::string> telemetry, std::size_t upstreams)
      : waiting_(std::move(telemetry)), upstreams_(upstreams) {}

  // Looks again at those that were not ready; a second for each at most.
  [[nodiscard]] bool look();

 private:
  [[nodiscard]] bool is_ready(const std::string& telemetry);

  std::vector<std::string> waiting_;
  const std::size_t upstreams_;
  ctl::HttpClient http_{std::chrono::milliseconds(1'000)};
};

}  // namespace waymark::lab
