// The whole proxy but for its configuration file, its HTTP listeners and its log: listeners on the
// control thread's loop, and the workers.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "net/loop.h"
#include "proxy/arrival.h"
#include "proxy/doors.h"
#include "proxy/porch.h"
#include "proxy/replay.h"
#include "proxy/shared.h"
#include "proxy/snapshot.h"
#include "proxy/survey_order.h"
#include "proxy/worker.h"

namespace waymark::proxy {

// The workers these settings ask for.
[[nodiscard]] std::size_t worker_count(const Settings& settings);

class Proxy {
 public:
  // Opens every listener and starts the workers; on an error nothing stays open. `loop` and
  // `observer` outlive the proxy. Called on the thread that will run `loop`. `on_ended` is called
  // once, on some thread, when the last worker has ended after drain().
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Proxy>> start(const Settings& settings,
                                                                    Observer& observer,
                                                                    net::Loop& loop,
                                                                    std::function<void()> on_ended);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  // Waits for the workers, which must have been told to drain.
  ~Proxy();

  // Control thread: serves these listeners and pools, with these limits, from now on; on an error
  // nothing has changed. Connections stay, also those of listeners and pools that are gone; those
  // of a listener that has another pool move there. `settings.workers` and `proxy_id` are not
  // looked at.
  [[nodiscard]] absl::Status serve(const Settings& settings);

  // Control thread: stops accepting and tells the workers to end, within `within`.
  void drain(Millis within);

  // Control thread: every worker is told. There is no upstream but for orders.
  void order(const UpstreamOrder& order);

  // Any thread: every worker carries it out; waits for the answers, at most `timeout`. Unavailable
  // if one does not answer in time. The connections of a list are by mark, at most order.limit.
  [[nodiscard]] absl::StatusOr<SurveyAnswer> survey(const SurveyOrder& order,
                                                    std::chrono::milliseconds timeout);

  // Any thread: gives a dead letter to an upstream again; waits at most `timeout`. Unavailable if
  // it is not known by then whether one got it.
  [[nodiscard]] absl::StatusOr<ReplayResult> replay(DeadLetter letter,
                                                    std::chrono::milliseconds timeout);

  // Any thread: asks every worker and waits for the answers, at most `timeout`.
  [[nodiscard]] ProxySnapshot snapshot(std::chrono::milliseconds timeout);

  // Any thread: the name of a pool that was routed at the start, still is, and has not had a ready
  // upstream since; or empty.
  [[nodiscard]] std::string pool_not_seen() const;
  // Any thread: nobody is served by the pool in this slot.
  [[nodiscard]] bool pool_empty(std::size_t slot) const;

  // Any thread: for how long the worker that is silent longest has not said that it lives. It does
  // ten times a second; one that has ended is not waited for.
  [[nodiscard]] std::chrono::milliseconds longest_silence() const;

  // Any thread: the names and groups of connections.
  [[nodiscard]] const Presence& presence() const { return shared_.presence; }

  [[nodiscard]] const std::string& boot_id() const { return shared_.boot_id; }
  // Any thread: what is served now.
  [[nodiscard]] LayoutPtr layout() const;
  [[nodiscard]] std::size_t workers() const { return workers_.size(); }
  [[nodiscard]] std::size_t max_connections() const { return max_connections_; }

 private:
  Proxy(const Settings& settings, Observer& observer, net::Loop& loop, std::size_t worker_count);

  void hand_out(Arrival arrival);
  // Whether the gate lets it in; if not, it is closed.
  [[nodiscard]] bool admit(Arrival& arrival);
  [[nodiscard]] std::size_t connections() const;

  net::Loop& loop_;
  Shared shared_;
  std::atomic<std::size_t> max_connections_{0};
  Framings framings_;                   // outlives the workers
  Porch porch_;                         // control thread
  Doors doors_;                         // control thread
  DrainSettings drain_;                 // control thread
  std::vector<std::uint64_t> tickets_;  // next turn, of each pool; control thread
  std::size_t pools_at_start_ = 0;
  mutable std::mutex mutex_;
  LayoutPtr layout_;                     // guarded by mutex_
  std::atomic<std::size_t> running_{0};  // workers that have not ended
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace waymark::proxy
