#include "lab/readiness.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "ctl/http_client.h"

namespace waymark::lab {
namespace {

// Nothing: it does not serve.
std::optional<std::size_t> ready_upstreams(const std::string& telemetry) {
  ctl::HttpClient http(std::chrono::milliseconds(1'000));
  const auto answer = http.send({.url = "http://" + telemetry + "/metrics"});
  if (!answer.ok() || answer->status != 200) return std::nullopt;
  // Its proxy has one worker: a line that ends in 1 is an upstream that is ready.
  constexpr std::string_view kSeries = "waymark_upstream_ready{";
  std::size_t ready = 0;
  std::string_view rest = answer->body;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ready += line.starts_with(kSeries) && line.ends_with(" 1") ? 1 : 0;
  }
  return ready;
}

}  // namespace

Readiness::Readiness(std::function<std::vector<MemberView>()> views)
    : views_(std::move(views)), thread_([this] { run(); }) {}

Readiness::~Readiness() {
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Readiness::look() {
  std::size_t upstreams = 0;
  std::vector<std::string> proxies;
  for (const MemberView& view : views_()) {
    if (view.state != State::running) continue;
    if (view.kind == Kind::proxy) proxies.push_back(view.telemetry);
    if (view.kind == Kind::upstream) ++upstreams;
  }
  std::lock_guard lock(mutex_);
  std::erase_if(seen_, [&](const auto& each) {
    return std::find(proxies.begin(), proxies.end(), each.first) == proxies.end();
  });
  std::erase_if(proxies, [&](const std::string& telemetry) {
    const auto seen = seen_.find(telemetry);
    return seen != seen_.end() && seen->second >= upstreams;
  });
  wanted_ = std::move(proxies);
  changed_.notify_all();
  return wanted_.empty();
}

void Readiness::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return over_ || !wanted_.empty(); });
    for (const std::string& telemetry : std::exchange(wanted_, {})) {
      if (over_) return;
      lock.unlock();
      const auto ready = ready_upstreams(telemetry);
      lock.lock();
      if (ready) seen_[telemetry] = *ready;
    }
    if (over_) return;
  }
}

}  // namespace waymark::lab
