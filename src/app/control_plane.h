// The control thread's part of the program: the upstreams' lives, joined with the store, the
// probes, the resolver and the workers. Others ask it by name and wait for the answer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/api_view.h"
#include "app/config.h"
#include "app/log.h"
#include "app/name_watch.h"
#include "app/prober.h"
#include "app/running_config.h"
#include "control/control.h"
#include "net/inbox.h"
#include "net/loop.h"
#include "proxy/proxy.h"
#include "store/store.h"

namespace waymark::app {

// Told of upstreams, on the control thread.
using UpstreamListener = std::function<void(const UpstreamView& upstream, std::string_view what)>;

struct LeaseView {
  UpstreamView upstream;
  bool is_new = false;  // and not a renewal
};

class ControlPlane final : public control::ControlActions {
 public:
  // `running`, `loop`, `log` and `store` outlive it. Control thread.
  ControlPlane(RunningConfig& running, std::size_t workers, net::Loop& loop, Log& log,
               store::Store& store, UpstreamListener listener);
  ~ControlPlane() override;

  // Orders all upstreams to the workers: those of the file and those that are remembered. `proxy`
  // outlives this object's end().
  void begin(proxy::Proxy& proxy, const store::StoredState& remembered);
  // Nothing is ordered and no question answered any more; ended() follows while the loop runs.
  void end();
  [[nodiscard]] bool ended() const { return ending_ && prober_.stopped() && names_.idle(); }
  // Requires ended(). The loop must run once more.
  void close();

  // --- any thread; each waits for its answer, at most 5 s: Unavailable ---

  [[nodiscard]] absl::StatusOr<std::vector<UpstreamView>> upstreams();
  // By id or by address.
  [[nodiscard]] absl::StatusOr<UpstreamView> upstream(const std::string& id);
  [[nodiscard]] absl::StatusOr<api::UpstreamHistory> history(const std::string& id);
  [[nodiscard]] absl::StatusOr<UpstreamView> add(std::string id, control::UpstreamSpec spec);
  [[nodiscard]] absl::StatusOr<UpstreamView> change(const std::string& id,
                                                    const control::Control::Wish& wish);
  [[nodiscard]] absl::StatusOr<UpstreamView> remove(const std::string& id);
  [[nodiscard]] absl::StatusOr<LeaseView> put_lease(const std::string& id,
                                                    control::UpstreamSpec spec,
                                                    std::uint32_t ttl_seconds);
  [[nodiscard]] absl::StatusOr<UpstreamView> end_lease(const std::string& id);

  // Any thread, waits: `config` is what runs from now on, with its listeners, pools, upstreams,
  // names, limits and log level; or, on an error, nothing has changed.
  [[nodiscard]] absl::Status take(ConfigPtr config);

  // Any thread: the name of a routed pool whose upstreams are all unready, or empty.
  [[nodiscard]] std::string pool_without_upstreams() const;

  // Any thread, never waits: `task` runs on the control thread.
  void post(std::function<void(control::Control&)> task);

 private:
  void order(const control::Upstream& upstream, control::Role role, std::uint32_t weight_parts,
             bool remove) override;
  void probe(const control::Upstream& upstream, bool wanted) override;
  void probe_at(const control::Upstream& upstream, std::uint64_t at_ms) override;
  void write(store::Change change, std::function<void(absl::Status)> done) override;
  void warn(std::string_view what) override;
  [[nodiscard]] absl::Status may_connect(const control::UpstreamSpec& spec) const override;
  [[nodiscard]] bool pool_empty(std::string_view pool) const override;
  void changed(const control::Upstream& upstream, std::string_view what) override;

  template <typename Answer>
  using Question = std::function<void(std::function<void(absl::StatusOr<Answer>)>)>;
  template <typename Answer>
  [[nodiscard]] absl::StatusOr<Answer> ask(Question<Answer> question);
  using Reply = std::function<void(absl::StatusOr<UpstreamView>)>;
  [[nodiscard]] control::Control::Done answer_with(Reply reply);
  [[nodiscard]] absl::Status take_here(const ConfigPtr& config);
  // Those that were added while running may be connected to as `config` says.
  [[nodiscard]] absl::Status check_added(const Config& config) const;
  void renew_probes(const proxy::Layout& before);
  void on_tick();
  void look_for_bare_pools();
  void on_resolved(const NameWatch::Name& name, const std::vector<std::string>& addresses);

  RunningConfig& running_;
  ConfigPtr config_;  // the one that runs; control thread
  net::Loop& loop_;
  Log& log_;
  store::Store& store_;
  const UpstreamListener listener_;
  control::Control control_;
  net::Inbox<std::function<void()>> inbox_;
  net::Timer timer_;
  Prober prober_;
  NameWatch names_;
  proxy::Proxy* proxy_ = nullptr;  // from begin()
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;
  std::string pool_without_;  // guarded by mutex_
  bool warned_single_ = false;
};

}  // namespace waymark::app
