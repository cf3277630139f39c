// What the workers of one process share. Everything here is thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/chunk.h"
#include "proxy/claims.h"
#include "proxy/gate.h"
#include "proxy/heartbeat.h"
#include "proxy/layout.h"
#include "proxy/mail.h"
#include "proxy/memory_budget.h"
#include "proxy/observer.h"
#include "proxy/presence.h"
#include "proxy/roster.h"
#include "proxy/settings.h"

namespace waymark::proxy {

struct Shared {
  Shared(const Settings& settings, std::size_t worker_count, Observer& watcher)
      : proxy_id(settings.proxy_id),
        budget(settings.limits.max_memory, chunks),
        presence(settings.limits, budget),
        claims(settings.limits.max_remembered_marks),
        observer(watcher),
        connections(worker_count),
        heartbeats(worker_count),
        attached(kMostUpstreams),
        pool_connections(Layout::kMostSlots),
        pool_seen(Layout::kMostSlots) {}

  const std::string proxy_id;
  std::string boot_id;  // set before the workers start
  ChunkPool chunks;
  MemoryBudget budget;
  Presence presence;
  Claims claims;
  Roster roster;
  Gate gate;
  Observer& observer;
  std::vector<std::atomic<std::size_t>> connections;  // of each worker, handed out and not released
  std::vector<Heartbeat> heartbeats;                  // of each worker
  std::vector<std::atomic<std::size_t>> attached;     // clients each upstream serves, by its index
  std::vector<std::atomic<std::size_t>> pool_connections;  // clients of each pool, by its slot
  std::atomic<std::size_t> tls_handshakes{0};              // in flight
  std::atomic<std::size_t> max_tls_handshakes{0};
  std::atomic<std::uint64_t> quiet_ms{1'000};  // DrainSettings::quiet
  std::vector<std::atomic<bool>> pool_seen;    // an upstream of the pool has been ready once
  std::function<void(std::size_t worker, Mail)> post;  // set before the workers start
  std::function<void()> worker_ended;                  // set before the workers start
};

}  // namespace waymark::proxy
