// What becomes of upstreams: takes news of links and probes and the wishes of operators, of leases
// and of DNS, keeps what has to outlive a restart, and tells the workers what each upstream is to
// be. One thread; it never blocks.
//
//   file, API, lease, DNS --> Directory --> UpstreamLife --> Role, weight --> ControlActions::order
//                                ^  |             ^
//        store::Store <----------+  +-- probes, links, time
//
// A wish is written first and applied when the store says that it is durable; if it cannot be
// written nothing changes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/directory.h"
#include "store/stored.h"

namespace waymark::control {

// What the rest of the program does for the control thread; called on it.
class ControlActions {
 public:
  virtual ~ControlActions() = default;
  // The workers are to treat the upstream like this. `weight_parts`: its weight times 1 to 10.
  // `remove`: and then forget it, for which each worker calls Control::gone().
  virtual void order(const Upstream& upstream, Role role, std::uint32_t weight_parts,
                     bool remove) = 0;
  // Probes of this upstream begin, or end.
  virtual void probe(const Upstream& upstream, bool wanted) = 0;
  // The next probe is due then, a time of tick().
  virtual void probe_at(const Upstream& upstream, std::uint64_t at_ms) = 0;
  // `done` is called later, on the control thread.
  virtual void write(store::Change change, std::function<void(absl::Status)> done) = 0;
  // For people; nothing can be done here.
  virtual void warn(std::string_view what) = 0;
  // An error, of its `address`, if the workers may not connect to it as its pool is now. The pool
  // is known.
  [[nodiscard]] virtual absl::Status may_connect(const UpstreamSpec& spec) const = 0;
  // Nobody is served by this pool.
  [[nodiscard]] virtual bool pool_empty(std::string_view pool) const = 0;
  // The upstream came into another state, or was added, changed or removed.
  virtual void changed(const Upstream& upstream, std::string_view what) = 0;
};

struct PoolRules {
  std::string name;
  HealthSettings health;
  std::string health_service;  // what probes ask about

  friend bool operator==(const PoolRules&, const PoolRules&) = default;
};

class Control {
 public:
  struct Options {
    std::vector<PoolRules> pools;
    std::size_t workers = 1;
    std::size_t max_upstreams = 1024;
    std::function<std::uint32_t()> random;  // of the jitter; any 32 bits
  };
  // `actions` outlives it.
  Control(Options options, ControlActions& actions);

  // At the start, before anything else: what the file says and what the store remembers. What the
  // store remembers of pools that are gone, or may not be connected to any more, is passed over;
  // answers a line for each.
  [[nodiscard]] std::vector<std::string> begin(const std::vector<UpstreamSpec>& of_file,
                                               const store::StoredState& remembered,
                                               std::uint64_t now_ms);
  // About ten times a second.
  void tick(std::uint64_t now_ms);

  // --- wishes; `done` is called at once or once the store has answered ---

  using Done = std::function<void(absl::StatusOr<const Upstream*>)>;
  // Pool empty: the only one. An empty `id` is for the caller to have filled.
  void add(std::string id, UpstreamSpec spec, Done done);
  struct Wish {
    std::optional<std::uint32_t> weight;
    std::optional<AdminState> admin_state;
  };
  void change(const std::string& id, const Wish& wish, Done done);
  // FailedPrecondition for one of the file or of DNS.
  void remove(const std::string& id, Done done);

  using Registered = std::function<void(absl::StatusOr<const Upstream*>, bool is_new)>;
  // A new lease, or the renewal of one; what else changed is taken over.
  void put_lease(const std::string& id, UpstreamSpec spec, std::uint32_t ttl_seconds,
                 Registered done);
  void end_lease(const std::string& id, Done done);

  // These are the pools now. The upstreams of one that is gone leave once it serves nobody.
  void set_pools(std::vector<PoolRules> pools);
  // More than that many are not taken in; those that are there stay.
  void set_max_upstreams(std::size_t most) { directory_.set_capacity(most); }
  // What the file says now: those of its pools that it no longer names leave, new ones are taken
  // in.
  void set_file(const std::vector<UpstreamSpec>& of_file);
  // The addresses a name of the file stands for now, with everything else as `spec` says.
  void set_resolved(const UpstreamSpec& spec, const std::vector<std::string>& addresses);

  // --- news ---

  void link_ready(std::uint32_t index, std::size_t worker, std::string_view name);
  void link_failed(std::uint32_t index, std::size_t worker, std::string_view why);
  void link_lost(std::uint32_t index, std::size_t worker, std::string_view why);
  // The workers were told that it should rest, and this one's link has ended.
  void link_ended(std::uint32_t index, std::size_t worker);
  void gone(std::uint32_t index);
  void probed(std::uint32_t index, const ProbeResult& result);

  // --- questions ---

  [[nodiscard]] const std::vector<std::unique_ptr<Upstream>>& all() const {
    return directory_.all();
  }
  // By id, or by address where that names one alone.
  [[nodiscard]] absl::StatusOr<const Upstream*> find(const std::string& id_or_address) const;
  [[nodiscard]] bool pool_known(std::string_view name) const;

 private:
  [[nodiscard]] const PoolRules* rules_of(std::string_view pool) const;
  [[nodiscard]] absl::Status settle_pool(UpstreamSpec& spec) const;
  [[nodiscard]] absl::StatusOr<Upstream*> take_in(std::string id, UpstreamSpec spec, Source source);
  // Wishes for one id have their turns: the next is looked at when the one before is written.
  void in_turn(const std::string& id, std::function<void()> wish);
  // Requires that it is the turn of this wish; ends it after `done`.
  void write(const std::string& id, store::Change change, std::function<void(absl::Status)> done);
  void end_turn(const std::string& id);
  void change_now(const std::string& id, const Wish& wish, Done done);
  void remove_now(const std::string& id, Done done);
  void put_lease_now(const std::string& id, UpstreamSpec spec, std::uint32_t ttl_seconds,
                     Registered done);
  void begin_leaving(Upstream& upstream);
  void tell_links(Upstream& upstream);
  void steer(Upstream& upstream);
  void forget_override(const std::string& id);
  void expire_leases();
  void clear_pools_that_are_gone();
  [[nodiscard]] static HealthSettings health_of(const PoolRules& rules, const UpstreamSpec& spec);
  [[nodiscard]] bool last_resort(const Upstream& upstream) const;

  // What was ordered last, by index, so that only changes are.
  struct Ordered {
    Role role = Role::serve;
    std::uint32_t weight_parts = 0;
    bool remove = false;
    UpstreamSpec spec;
    friend bool operator==(const Ordered&, const Ordered&) = default;
  };

  Options options_;
  ControlActions& actions_;
  Directory directory_;
  std::map<std::uint32_t, Ordered> ordered_;
  std::vector<store::StoredOverride> overrides_;
  std::map<std::string, std::deque<std::function<void()>>> turns_;  // wishes that wait, by id
  std::map<std::string, std::size_t, std::less<>>
      serving_;  // by pool: those that others may rely on
  bool begun_ = false;
  std::uint64_t now_ms_ = 0;
};

}  // namespace waymark::control
