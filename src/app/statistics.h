// Reads the proxy once a second, keeps the history of it in memory and in the state directory, and
// answers for it. It has a thread of its own, which is all that waits for that disk.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "admin/admin_api.h"
#include "admin/proxy_metrics.h"
#include "app/control_plane.h"
#include "app/log.h"
#include "proxy/proxy.h"
#include "stats/book.h"
#include "store/history_file.h"

namespace waymark::app {

class Statistics {
 public:
  // All outlive it. `directory`: of the state, which is locked. What earlier runs have left there
  // comes later, from the thread.
  Statistics(proxy::Proxy& proxy, ControlPlane& plane, Log& log, const std::string& directory);
  Statistics(const Statistics&) = delete;
  Statistics& operator=(const Statistics&) = delete;
  // Writes the minute under way.
  ~Statistics();

  // --- any thread ---

  [[nodiscard]] absl::StatusOr<admin::api::Stats> stats();
  [[nodiscard]] absl::StatusOr<admin::api::StatsHistory> history(const admin::StatsQuery& query);
  [[nodiscard]] admin::HistoryFacts facts() const;

 private:
  void run();
  void remember();
  void read();
  void write(const std::vector<stats::Minute>& minutes);

  proxy::Proxy& proxy_;
  ControlPlane& plane_;
  store::HistoryFile file_;  // of the thread
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  stats::Book book_;  // guarded by mutex_, as all below
  std::chrono::system_clock::time_point read_at_ = std::chrono::system_clock::now();
  std::uint64_t unwritten_minutes_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace waymark::app
