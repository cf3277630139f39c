// What the parts of one worker work on. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "net/loop.h"
#include "proxy/client_table.h"
#include "proxy/counters.h"
#include "proxy/fleet.h"
#include "proxy/shared.h"
#include "proxy/taps.h"

namespace waymark::proxy {

struct WorkerState {
  Shared& shared;
  net::Loop& loop;
  LayoutPtr layout;
  const std::size_t index;
  Fleet* fleet = nullptr;  // set once, before the loop runs
  ClientTable clients;
  Taps taps;
  Counters counters;
  bool draining = false;
  bool memory_paused = false;  // some clients wait for memory
  std::uint64_t last_command_ms = 0;

  [[nodiscard]] ListenerTraffic& traffic_of(const Client& client) {
    return counters.listeners[client.listener->index];
  }
  [[nodiscard]] Upstream& upstream_of(const Client& client) const {
    return fleet->upstreams()[client.session.upstream()];
  }

  // The client is served by `upstream` from now on, or by none.
  void attach(Client& client, std::size_t upstream) const {
    client.session.attach(static_cast<std::uint32_t>(upstream), loop.now_ms());
    ++fleet->upstreams()[upstream].clients;
    shared.attached[upstream].fetch_add(1, std::memory_order_relaxed);
  }
  void detach(Client& client) const {
    --fleet->upstreams()[client.session.upstream()].clients;
    shared.attached[client.session.upstream()].fetch_sub(1, std::memory_order_relaxed);
    client.session.detach(loop.now_ms());
  }
  // The upstream for a connection of this pool; nullopt while none is ready.
  [[nodiscard]] std::optional<std::size_t> pick(const Pool& pool, std::uint64_t ticket,
                                                const Mark& mark) const {
    return pool.ready.pick(ticket, mark, [this](std::size_t upstream) {
      return shared.attached[upstream].load(std::memory_order_relaxed);
    });
  }

  [[nodiscard]] Pool& pool_of(const Client& client) const { return fleet->pools()[client.pool]; }
  // The pool it should be served by: that of its listener, which a reload may have changed, once
  // somebody is ready there.
  [[nodiscard]] std::size_t next_pool_of(const Client& client) const {
    const std::size_t wanted = client.listener->pool;
    return fleet->pools()[wanted].ready.empty() ? client.pool : wanted;
  }
  // It is served by this pool from now on.
  void set_pool(Client& client, std::size_t pool) const {
    shared.pool_connections[client.pool].fetch_sub(1, std::memory_order_relaxed);
    client.pool = static_cast<std::uint32_t>(pool);
    shared.pool_connections[pool].fetch_add(1, std::memory_order_relaxed);
  }

  // Counts in the budget what the client makes the process hold now.
  void charge(Client& client) const {
    std::size_t held = client.retired ? 0 : client.framer.unfinished_bytes();
    if (const std::size_t queued = client.queued_bytes(); queued > 0) {
      // The kernel doubles SO_SNDBUF for its own bookkeeping, and fills it before we queue.
      held += queued + 2 * client.listener->settings->send_buffer;
    }
    if (held == client.charged) return;
    shared.budget.add(held);
    shared.budget.remove(client.charged);
    client.charged = static_cast<std::uint32_t>(held);
  }
};

}  // namespace waymark::proxy
