// The health probes of all upstreams, on the control thread's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "link/completion_thread.h"
#include "link/health_probe.h"
#include "net/loop.h"

namespace waymark::app {

class Prober {
 public:
  using Tell = std::function<void(std::uint32_t upstream, const link::ProbeNews& news)>;

  // Loop thread, as everything here.
  Prober(net::Loop& loop, Tell tell);
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  // Requires close(), and that the loop has run once since.
  ~Prober();

  // Begins to ask `upstream`, or begins anew.
  void watch(std::uint32_t upstream, link::HealthOptions options);
  void unwatch(std::uint32_t upstream);
  [[nodiscard]] bool watches(std::uint32_t upstream) const { return probes_.contains(upstream); }
  // When to ask it next, instead of one interval after its latest news.
  void ask_at(std::uint32_t upstream, std::uint64_t at_ms);
  // About ten times a second.
  void tick();

  // Gives up all probes; stopped() follows while tick() is still called.
  void stop();
  [[nodiscard]] bool stopped() const { return probes_.empty() && ending_.empty(); }
  // Requires stopped().
  void close();

 private:
  void on_completions();

  net::Loop& loop_;
  const Tell tell_;
  net::Waker waker_;
  std::unique_ptr<link::CompletionThread> thread_;
  std::map<std::uint32_t, std::unique_ptr<link::HealthProbe>> probes_;
  std::vector<std::unique_ptr<link::HealthProbe>> ending_;
};

}  // namespace waymark::app
