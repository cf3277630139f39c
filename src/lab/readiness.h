// Whether the proxies of a lab serve, each with all upstreams.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lab/member.h"

namespace waymark::lab {

class Readiness {
 public:
  // `views` is called in look(). The proxies are asked on a thread of its own, which begins here:
  // signals are blocked before.
  explicit Readiness(std::function<std::vector<MemberView>()> views);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  // A second at most.
  ~Readiness();

  // Whether every proxy that runs was seen with as many upstreams as run: what was stopped on
  // purpose is not waited for. Never waits; they are asked anew for the next look().
  [[nodiscard]] bool look();

 private:
  void run();

  const std::function<std::vector<MemberView>()> views_;
  std::mutex mutex_;
  std::condition_variable changed_;          // of what is below, guarded by mutex_
  std::map<std::string, std::size_t> seen_;  // ready upstreams, by telemetry of the proxy
  std::vector<std::string> wanted_;          // telemetry of the proxies that are to be asked
  bool over_ = false;
  std::thread thread_;
};

}  // namespace waymark::lab
