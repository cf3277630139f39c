// Tells the service manager, from the control thread, how the process is: its readiness as a line,
// and a ping as long as every worker lives. A worker that hangs gets the process restarted.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include "app/readiness.h"
#include "app/service_manager.h"
#include "net/loop.h"
#include "proxy/proxy.h"

namespace waymark::app {

class VitalSigns {
 public:
  // All outlive it.
  VitalSigns(net::Loop& loop, ServiceManager& manager, const proxy::Proxy& proxy,
             const ReadinessGate& gate)
      : manager_(manager),
        proxy_(proxy),
        gate_(gate),
        pings_(loop, [this] { ping(); }),
        looks_(loop, [this] { look(); }) {}

  void start() {
    look();
    if (manager_.present()) looks_.start(kLook);
    if (manager_.watchdog().count() > 0) pings_.start(period());
  }
  // Tells the readiness, which it also does every second.
  void look() {
    const admin::Readiness readiness = gate_.look();
    manager_.status(readiness.ready ? "ready" : "not ready: " + readiness.reason);
  }
  // Like net::Timer::close().
  void close() {
    pings_.close();
    looks_.close();
  }

 private:
  static constexpr std::chrono::milliseconds kLook{1000};
  static constexpr std::chrono::milliseconds kShortest{1};
  // A worker's beats come this far apart when all is well, and a busy one's later.
  static constexpr std::chrono::milliseconds kPatience{500};

  [[nodiscard]] std::chrono::milliseconds period() const {
    const auto half = manager_.watchdog() / 2;
    return std::max(kShortest, std::chrono::duration_cast<std::chrono::milliseconds>(half));
  }

  void ping() {
    if (proxy_.longest_silence() <= std::max(kPatience, period())) manager_.ping();
  }

  ServiceManager& manager_;
  const proxy::Proxy& proxy_;
  const ReadinessGate& gate_;
  net::Timer pings_;
  net::Timer looks_;
};

}  // namespace waymark::app
