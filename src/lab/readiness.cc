#include "lab/readiness.h"

#include <algorithm>
#include <string_view>

namespace waymark::lab {

bool Readiness::look() {
  std::erase_if(waiting_, [this](const std::string& each) { return is_ready(each); });
  return waiting_.empty();
}

bool Readiness::is_ready(const std::string& telemetry) {
  const auto answer = http_.send({.url = "http://" + telemetry + "/metrics"});
  if (!answer.ok() || answer->status != 200) return false;
  // Its proxy has one worker: a line that ends in 1 is an upstream that is ready.
  constexpr std::string_view kSeries = "waymark_upstream_ready{";
  std::size_t ready = 0;
  std::string_view rest = answer->body;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ready += line.starts_with(kSeries) && line.ends_with(" 1") ? 1 : 0;
  }
  return ready >= upstreams_;
}

}  // namespace waymark::lab
