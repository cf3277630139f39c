#include "control/control.h"

#include <algorithm>
#include <utility>

#include "base/field_error.h"
#include "base/status.h"

namespace waymark::control {
namespace {

// Others say again and again what they are: what an operator wants otherwise is kept beside it.
bool is_kept_as_a_whole(Source source) { return source == Source::api; }
bool may_be_removed(Source source) { return source == Source::api || source == Source::lease; }

// As it was asked for; what an operator wants otherwise is the caller's to add.
store::StoredUpstream stored_of(const std::string& id, const UpstreamSpec& spec, Source source) {
  return {.id = id,
          .pool = spec.pool,
          .address = spec.address,
          .source = source == Source::lease ? store::StoredUpstream::Source::lease
                                            : store::StoredUpstream::Source::api,
          .weight = spec.weight,
          .protocol = spec.protocol,
          .insecure = spec.insecure,
          .metadata = spec.metadata};
}

UpstreamSpec spec_of(const store::StoredUpstream& stored) {
  return {.pool = stored.pool,
          .address = stored.address,
          .weight = stored.weight,
          .protocol = stored.protocol,
          .insecure = stored.insecure,
          .metadata = stored.metadata};
}

std::uint64_t lease_ms(std::uint32_t ttl_seconds) { return std::uint64_t{1000} * ttl_seconds; }

absl::Status no_such(const std::string& id) {
  return error(absl::StatusCode::kNotFound, "there is no upstream '{}'", id);
}

// Ticks come every 100 ms, unless the thread or the machine stood still.
constexpr std::uint64_t kLongestTick = 1'000;

// Weights in parts, so that one which starts slowly gets less than its share.
std::uint32_t parts_of(std::uint32_t weight, std::uint32_t percent) {
  return weight * std::clamp<std::uint32_t>(percent / 10, 1, 10);
}

}  // namespace

Control::Control(Options options, ControlActions& actions)
    : options_(std::move(options)), actions_(actions), directory_(options_.max_upstreams) {}

std::vector<std::string> Control::begin(const std::vector<UpstreamSpec>& of_file,
                                        const store::StoredState& remembered,
                                        std::uint64_t now_ms) {
  std::vector<std::string> passed_over;
  now_ms_ = now_ms;
  overrides_ = remembered.overrides;
  for (const UpstreamSpec& spec : of_file) {
    if (auto added = take_in(derived_id(spec), spec, Source::file); !added.ok()) {
      passed_over.emplace_back(message_of(added.status()));
    }
  }
  for (const store::StoredUpstream& stored : remembered.upstreams) {
    if (!pool_known(stored.pool)) {
      passed_over.push_back(fmt::format("upstream '{}' ({}) was of pool '{}', which is gone",
                                        stored.id, stored.address, stored.pool));
      continue;
    }
    const bool lease = stored.source == store::StoredUpstream::Source::lease;
    auto added = take_in(stored.id, spec_of(stored), lease ? Source::lease : Source::api);
    if (!added.ok()) {
      passed_over.emplace_back(message_of(added.status()));
      continue;
    }
    Upstream& upstream = **added;
    if (!lease) upstream.life.set_admin_state(admin_state_of(stored.admin_state), now_ms_);
    upstream.ttl_seconds = stored.ttl_seconds;
    upstream.lease_until_ms = now_ms_ + lease_ms(stored.ttl_seconds);
    steer(upstream);
  }
  begun_ = true;
  return passed_over;
}

void Control::tick(std::uint64_t now_ms) {
  // Who was kept from renewing, since nothing ran for a while, gets that while.
  if (const std::uint64_t elapsed = now_ms - now_ms_; elapsed > kLongestTick) {
    for (const auto& upstream : directory_.all()) upstream->lease_until_ms += elapsed;
  }
  now_ms_ = now_ms;
  expire_leases();
  clear_pools_that_are_gone();
  for (const auto& upstream : directory_.all()) {
    upstream->life.tick(now_ms_);
    steer(*upstream);
  }
}

// --- wishes ---

void Control::in_turn(const std::string& id, std::function<void()> wish) {
  const auto [at, first] = turns_.try_emplace(id);
  if (first) return wish();
  at->second.push_back(std::move(wish));
}

void Control::write(const std::string& id, store::Change change,
                    std::function<void(absl::Status)> done) {
  actions_.write(std::move(change), [this, id, done = std::move(done)](const absl::Status& status) {
    done(status);
    end_turn(id);
  });
}

void Control::end_turn(const std::string& id) {
  const auto at = turns_.find(id);
  if (at->second.empty()) {
    turns_.erase(at);
    return;
  }
  const std::function<void()> next = std::move(at->second.front());
  at->second.pop_front();
  next();
}

void Control::add(std::string id, UpstreamSpec spec, Done done) {
  if (absl::Status settled = settle_pool(spec); !settled.ok()) return done(settled);
  if (absl::Status may = actions_.may_connect(spec); !may.ok()) return done(may);
  if (absl::Status may = directory_.may_add(id, spec); !may.ok()) return done(may);
  actions_.write(store::PutUpstream{stored_of(id, spec, Source::api)},
                 [this, id, spec, done = std::move(done)](const absl::Status& written) {
                   if (!written.ok()) return done(written);
                   const auto added = take_in(id, spec, Source::api);
                   if (added.ok()) return done(*added);
                   // Another wish for the same server was quicker: what was written for this one
                   // goes.
                   actions_.write(store::EraseUpstream{id}, [](const absl::Status&) {});
                   done(added.status());
                 });
}

void Control::change(const std::string& id, const Wish& wish, Done done) {
  in_turn(id, [this, id, wish, done = std::move(done)] { change_now(id, wish, done); });
}

void Control::change_now(const std::string& id, const Wish& wish, Done done) {
  const Upstream* upstream = directory_.find(id);
  if (upstream == nullptr) {
    done(no_such(id));
    return end_turn(id);
  }
  const std::uint32_t weight = wish.weight.value_or(upstream->weight());
  const AdminState admin = wish.admin_state.value_or(upstream->life.standing().admin_state);
  const bool forgiven = wish.admin_state == AdminState::ready;  // whoever says so has looked
  store::Change change;
  store::StoredOverride entry{.upstream_id = id};
  if (is_kept_as_a_whole(upstream->source)) {
    store::StoredUpstream stored = stored_of(id, upstream->spec, upstream->source);
    stored.weight = weight;
    stored.admin_state = name_of(admin);
    change = store::PutUpstream{std::move(stored)};
  } else {
    if (weight != upstream->spec.weight) entry.weight = weight;
    if (admin != AdminState::ready) entry.admin_state = std::string(name_of(admin));
    if (entry.weight || entry.admin_state) {
      change = store::PutOverride{entry};
    } else {
      change = store::EraseOverride{id};
    }
  }
  write(id, std::move(change),
        [this, id, weight, admin, forgiven, entry,
         done = std::move(done)](const absl::Status& written) {
          if (!written.ok()) return done(written);
          Upstream* there = directory_.find(id);
          if (there == nullptr) return done(no_such(id));
          if (!is_kept_as_a_whole(there->source)) {
            std::erase_if(overrides_, [&](const auto& old) { return old.upstream_id == id; });
            if (entry.weight || entry.admin_state) overrides_.push_back(entry);
          }
          there->weight_override.reset();
          if (weight != there->spec.weight) there->weight_override = weight;
          there->life.set_admin_state(admin, now_ms_);
          if (forgiven) there->life.forgive(now_ms_);
          actions_.changed(*there, "changed");
          steer(*there);
          done(there);
        });
}

void Control::remove(const std::string& id, Done done) {
  in_turn(id, [this, id, done = std::move(done)] { remove_now(id, done); });
}

void Control::remove_now(const std::string& id, Done done) {
  const Upstream* upstream = directory_.find(id);
  if (upstream == nullptr) {
    done(no_such(id));
    return end_turn(id);
  }
  if (!may_be_removed(upstream->source)) {
    done(error(absl::StatusCode::kFailedPrecondition,
               "upstream '{}' ({}) comes from {}: take it out there, or set its admin_state "
               "to maintenance",
               id, upstream->spec.address,
               upstream->source == Source::dns ? "DNS" : "the configuration file"));
    return end_turn(id);
  }
  write(id, store::EraseUpstream{id},
        [this, id, done = std::move(done)](const absl::Status& written) {
          if (!written.ok()) return done(written);
          Upstream* there = directory_.find(id);
          if (there == nullptr) return done(no_such(id));
          forget_override(id);
          begin_leaving(*there);
          done(there);
        });
}

void Control::put_lease(const std::string& id, UpstreamSpec spec, std::uint32_t ttl_seconds,
                        Registered done) {
  if (absl::Status settled = settle_pool(spec); !settled.ok()) return done(settled, false);
  if (absl::Status may = actions_.may_connect(spec); !may.ok()) return done(may, false);
  in_turn(id, [this, id, spec = std::move(spec), ttl_seconds, done = std::move(done)] {
    put_lease_now(id, spec, ttl_seconds, done);
  });
}

void Control::put_lease_now(const std::string& id, UpstreamSpec spec, std::uint32_t ttl_seconds,
                            Registered done) {
  const auto answer = [&](absl::StatusOr<const Upstream*> given) {
    done(std::move(given), false);
    end_turn(id);
  };
  Upstream* there = directory_.find(id);
  if (there != nullptr && there->source != Source::lease) {
    return answer(error(absl::StatusCode::kAlreadyExists,
                        "'{}' is the id of an upstream that is no lease (source: {})", id,
                        name_of(there->source)));
  }
  const bool known = there != nullptr && same_server(there->spec, spec);
  if (known) {
    there->lease_until_ms = now_ms_ + lease_ms(ttl_seconds);
    const bool as_before = there->spec == spec && there->ttl_seconds == ttl_seconds;
    if (as_before) return answer(there);  // a renewal leaves nothing to write
  } else if (absl::Status may = directory_.may_add(there == nullptr ? id : "", spec); !may.ok()) {
    return answer(may);
  }
  store::StoredUpstream stored = stored_of(id, spec, Source::lease);
  stored.ttl_seconds = ttl_seconds;
  write(id, store::PutUpstream{std::move(stored)},
        [this, id, spec, ttl_seconds, done = std::move(done)](const absl::Status& written) {
          if (!written.ok()) return done(written, false);
          Upstream* old = directory_.find(id);
          if (old != nullptr && same_server(old->spec, spec)) {
            old->spec = spec;
            old->ttl_seconds = ttl_seconds;
            old->lease_until_ms = now_ms_ + lease_ms(ttl_seconds);
            steer(*old);
            return done(old, false);
          }
          if (old != nullptr && pool_known(spec.pool)) {
            begin_leaving(*old);  // the same name at another address
          }
          const auto added = take_in(id, spec, Source::lease);
          if (!added.ok()) {
            actions_.write(store::EraseUpstream{id}, [](const absl::Status&) {});
            return done(added.status(), false);
          }
          (*added)->ttl_seconds = ttl_seconds;
          (*added)->lease_until_ms = now_ms_ + lease_ms(ttl_seconds);
          done(*added, true);
        });
}

void Control::end_lease(const std::string& id, Done done) {
  const Upstream* there = directory_.find(id);
  if (there == nullptr || there->source != Source::lease) {
    return done(error(absl::StatusCode::kNotFound, "there is no registration '{}'", id));
  }
  remove(id, std::move(done));
}

void Control::forget_override(const std::string& id) {
  const auto erased = std::erase_if(
      overrides_, [&](const store::StoredOverride& entry) { return entry.upstream_id == id; });
  if (erased > 0) actions_.write(store::EraseOverride{id}, [](const absl::Status&) {});
}

void Control::expire_leases() {
  for (const auto& upstream : directory_.all()) {
    if (upstream->source != Source::lease || upstream->leaving) continue;
    // One of a pool that is gone cannot renew, and goes when it serves nobody.
    if (!pool_known(upstream->spec.pool)) continue;
    // One about which something is being written has its turn first.
    if (now_ms_ < upstream->lease_until_ms || turns_.contains(upstream->id)) continue;
    // It leaves whether or not that can be written: it has stopped announcing itself, and after a
    // restart it would have one more time to live and no more.
    actions_.write(store::EraseUpstream{upstream->id}, [](const absl::Status&) {});
    forget_override(upstream->id);
    actions_.changed(*upstream, "lease_ended");
    begin_leaving(*upstream);
  }
}

void Control::set_pools(std::vector<PoolRules> pools) {
  const std::vector<PoolRules> before = std::exchange(options_.pools, std::move(pools));
  for (const auto& upstream : directory_.all()) {
    const PoolRules* rules = rules_of(upstream->spec.pool);
    if (rules == nullptr || upstream->leaving) continue;
    if (std::find(before.begin(), before.end(), *rules) != before.end()) continue;
    upstream->life.set_settings(health_of(*rules, upstream->spec), now_ms_);
    steer(*upstream);
    if (ordered_.at(upstream->index).role == Role::rest) continue;
    actions_.probe(*upstream, false);
    actions_.probe(*upstream, true);
  }
}

void Control::clear_pools_that_are_gone() {
  for (const auto& upstream : directory_.all()) {
    const std::string& pool = upstream->spec.pool;
    if (upstream->leaving || pool_known(pool) || !actions_.pool_empty(pool)) continue;
    // Written or not: after a restart there would be no pool for it either.
    if (upstream->source == Source::api || upstream->source == Source::lease) {
      actions_.write(store::EraseUpstream{upstream->id}, [](const absl::Status&) {});
    }
    begin_leaving(*upstream);
  }
}

void Control::set_file(const std::vector<UpstreamSpec>& of_file) {
  for (const auto& upstream : directory_.all()) {
    if (upstream->source != Source::file || upstream->leaving) continue;
    if (!pool_known(upstream->spec.pool)) continue;
    const bool stays = std::any_of(of_file.begin(), of_file.end(), [&](const UpstreamSpec& spec) {
      return derived_id(spec) == upstream->id;
    });
    if (!stays) begin_leaving(*upstream);
  }
  for (const UpstreamSpec& spec : of_file) {
    Upstream* there = directory_.find(derived_id(spec));
    if (there == nullptr) {
      if (const auto added = take_in(derived_id(spec), spec, Source::file); !added.ok()) {
        actions_.warn(std::string(message_of(added.status())));
      }
    } else if (there->spec != spec) {
      there->spec = spec;
      actions_.changed(*there, "changed");
      steer(*there);
    }
  }
}

void Control::set_resolved(const UpstreamSpec& spec, const std::vector<std::string>& addresses) {
  for (const auto& upstream : directory_.all()) {
    if (upstream->source != Source::dns || upstream->leaving) continue;
    if (upstream->resolved_from != spec.address || upstream->spec.pool != spec.pool) continue;
    if (upstream->spec.metadata != spec.metadata) continue;
    const bool stays =
        std::find(addresses.begin(), addresses.end(), upstream->spec.address) != addresses.end();
    if (!stays && pool_known(spec.pool)) begin_leaving(*upstream);
  }
  for (const std::string& address : addresses) {
    UpstreamSpec one = spec;
    one.address = address;
    if (Upstream* there = directory_.find(one); there != nullptr) {
      if (there->source == Source::dns) there->spec = one;
      continue;
    }
    const auto added = take_in(derived_id(one), one, Source::dns);
    if (added.ok()) {
      (*added)->resolved_from = spec.address;
    } else {
      actions_.warn(std::string(message_of(added.status())));
    }
  }
}

HealthSettings Control::health_of(const PoolRules& rules, const UpstreamSpec& spec) {
  HealthSettings health = rules.health;
  // The ancestor's servers are asked `ready` and `live` by their links, and never probed.
  if (spec.protocol == "legacy") health.check = HealthSettings::Check::link;
  return health;
}

absl::StatusOr<Upstream*> Control::take_in(std::string id, UpstreamSpec spec, Source source) {
  const PoolRules* rules = rules_of(spec.pool);
  if (rules == nullptr) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "pool '{}' went while upstream '{}' was being written", spec.pool, id);
  }
  if (absl::Status may = actions_.may_connect(spec); !may.ok()) return may;
  const HealthSettings health = health_of(*rules, spec);
  Upstream upstream{.id = std::move(id),
                    .spec = std::move(spec),
                    .source = source,
                    .ready = std::vector<bool>(options_.workers),
                    .life = UpstreamLife(health, options_.random, now_ms_)};
  for (const store::StoredOverride& entry : overrides_) {
    if (is_kept_as_a_whole(source) || entry.upstream_id != upstream.id) continue;
    upstream.weight_override = entry.weight;
    upstream.life.set_admin_state(admin_state_of(entry.admin_state.value_or("ready")), now_ms_);
  }
  const auto added = directory_.add(std::move(upstream));
  if (!added.ok()) return added.status();
  if (begun_) actions_.changed(**added, "added");
  steer(**added);
  return *added;
}

void Control::begin_leaving(Upstream& upstream) {
  upstream.leaving = true;
  upstream.life.leave(now_ms_);
  actions_.changed(upstream, "removed");
  steer(upstream);
}

// --- what the workers are told ---

void Control::steer(Upstream& upstream) {
  upstream.life.set_last_resort(last_resort(upstream), now_ms_);
  const Standing& standing = upstream.life.standing();
  const bool serving =
      !upstream.leaving && standing.state == State::ready && standing.role == Role::serve;
  if (std::exchange(upstream.serving, serving) != serving) {
    std::size_t& count = serving_[upstream.spec.pool];
    count = serving ? count + 1 : count - 1;
  }
  actions_.probe_at(upstream, standing.next_probe_at_ms);
  if (std::exchange(upstream.last_state, standing.state) != standing.state) {
    actions_.changed(upstream, "state");
  }
  // Whoever leaves for good does not keep its link.
  const bool goes = upstream.leaving && standing.role != Role::give_up;
  Ordered wanted{.role = goes ? Role::rest : standing.role,
                 .weight_parts = parts_of(upstream.weight(), standing.weight_percent),
                 .remove = upstream.leaving,
                 .spec = upstream.spec};
  const auto [at, first] = ordered_.try_emplace(upstream.index);
  Ordered& last = at->second;
  if (!first && last == wanted) return;
  const bool probed_before = !first && last.role != Role::rest && !last.remove;
  const bool to_be_probed = wanted.role != Role::rest && !wanted.remove;
  last = std::move(wanted);
  actions_.order(upstream, last.role, last.weight_parts, last.remove);
  if (probed_before != to_be_probed) actions_.probe(upstream, to_be_probed);
}

// Of the others of its pool none serves. That this one does not any more the others learn at their
// next tick.
bool Control::last_resort(const Upstream& upstream) const {
  const auto at = serving_.find(upstream.spec.pool);
  return at == serving_.end() || at->second == (upstream.serving ? 1U : 0U);
}

// --- news ---

void Control::link_ready(std::uint32_t index, std::size_t worker, std::string_view name) {
  Upstream* upstream = directory_.at(index);
  if (upstream == nullptr) return;
  upstream->name = name;
  upstream->ready[worker] = true;
  tell_links(*upstream);
}

void Control::link_failed(std::uint32_t index, std::size_t worker, std::string_view why) {
  Upstream* upstream = directory_.at(index);
  if (upstream == nullptr) return;
  upstream->ready[worker] = false;
  upstream->life.link_failed(why, now_ms_);
  tell_links(*upstream);
}

void Control::link_lost(std::uint32_t index, std::size_t worker, std::string_view why) {
  Upstream* upstream = directory_.at(index);
  if (upstream == nullptr) return;
  upstream->ready[worker] = false;
  upstream->life.link_lost(why, now_ms_);
  tell_links(*upstream);
}

void Control::link_ended(std::uint32_t index, std::size_t worker) {
  Upstream* upstream = directory_.at(index);
  if (upstream == nullptr) return;
  upstream->ready[worker] = false;
  tell_links(*upstream);
}

void Control::tell_links(Upstream& upstream) {
  const auto ready = std::count(upstream.ready.begin(), upstream.ready.end(), true);
  upstream.life.links(static_cast<std::uint32_t>(ready),
                      static_cast<std::uint32_t>(upstream.ready.size()), now_ms_);
  steer(upstream);
}

void Control::gone(std::uint32_t index) {
  Upstream* upstream = directory_.at(index);
  if (upstream == nullptr || ++upstream->gone < options_.workers) return;
  actions_.changed(*upstream, "gone");
  ordered_.erase(index);
  directory_.erase(index);
}

void Control::probed(std::uint32_t index, const ProbeResult& result) {
  Upstream* upstream = directory_.at(index);
  if (upstream == nullptr) return;
  if (result.kind == ProbeResult::Kind::failed) ++upstream->probe_failures;
  upstream->life.probe(result, now_ms_);
  steer(*upstream);
}

// --- questions ---

absl::StatusOr<const Upstream*> Control::find(const std::string& id_or_address) const {
  const Upstream* found = nullptr;
  for (const auto& upstream : directory_.all()) {
    if (upstream->leaving) continue;
    if (upstream->id == id_or_address) return upstream.get();
    if (upstream->spec.address != id_or_address) continue;
    if (found != nullptr) {
      return error(absl::StatusCode::kFailedPrecondition,
                   "several upstreams have the address {}: name one by its id", id_or_address);
    }
    found = upstream.get();
  }
  if (found == nullptr) return no_such(id_or_address);
  return found;
}

bool Control::pool_known(std::string_view name) const { return rules_of(name) != nullptr; }

const PoolRules* Control::rules_of(std::string_view pool) const {
  const auto at = std::find_if(options_.pools.begin(), options_.pools.end(),
                               [pool](const PoolRules& rules) { return rules.name == pool; });
  return at == options_.pools.end() ? nullptr : &*at;
}

absl::Status Control::settle_pool(UpstreamSpec& spec) const {
  if (spec.pool.empty() && options_.pools.size() == 1) spec.pool = options_.pools.front().name;
  if (pool_known(spec.pool)) return absl::OkStatus();
  std::string known;
  for (const PoolRules& rules : options_.pools) {
    known += (known.empty() ? "" : ", ") + rules.name;
  }
  return field_error("pool", "there is no pool '{}', known: {}", spec.pool, known);
}

}  // namespace waymark::control
