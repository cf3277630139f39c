// The whole proxy but for its configuration file, its HTTP listeners and its log: listeners on the
// control thread's loop, and the workers.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "net/listener.h"
#include "net/loop.h"
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
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Proxy>> start(Settings settings,
                                                                    Observer& observer,
                                                                    net::Loop& loop,
                                                                    std::function<void()> on_ended);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  // Waits for the workers, which must have been told to drain.
  ~Proxy();

  // Control thread: stops accepting and tells the workers to end, within `within`.
  void drain(Millis within);

  // Control thread: every worker is told. There is no upstream but for orders.
  void order(const UpstreamOrder& order);

  // Any thread: every worker carries it out; waits for the answers, at most `timeout`. Unavailable
  // if one does not answer in time. The connections of a list are by mark, at most order.limit.
  [[nodiscard]] absl::StatusOr<SurveyAnswer> survey(const SurveyOrder& order,
                                                    std::chrono::milliseconds timeout);

  // Any thread: asks every worker and waits for the answers, at most `timeout`.
  [[nodiscard]] ProxySnapshot snapshot(std::chrono::milliseconds timeout);

  // Any thread: every routed pool has had a ready upstream once since the start.
  [[nodiscard]] bool every_pool_seen() const;
  // The name of a routed pool that has not, or empty.
  [[nodiscard]] std::string pool_not_seen() const;

  [[nodiscard]] const std::string& boot_id() const { return shared_.boot_id; }
  [[nodiscard]] const std::string& listener_address(std::size_t index) const {
    return contexts_[index].local;
  }
  // As bound, in configured order.
  [[nodiscard]] std::vector<std::string> listener_addresses() const;
  [[nodiscard]] const Settings& settings() const { return shared_.settings; }
  [[nodiscard]] std::size_t workers() const { return workers_.size(); }
  [[nodiscard]] std::size_t max_connections() const { return max_connections_; }

 private:
  Proxy(Settings settings, Observer& observer, std::size_t worker_count);

  [[nodiscard]] absl::Status open_listeners(net::Loop& loop);
  void hand_out(std::size_t listener, net::Accepted accepted);
  [[nodiscard]] std::size_t connections() const;

  Shared shared_;
  std::size_t max_connections_;
  std::vector<ListenerContext> contexts_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::vector<std::uint64_t> tickets_;   // next turn, of each pool
  std::atomic<std::size_t> running_{0};  // workers that have not ended
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace waymark::proxy
