// What the parts of one worker work on. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/unix_clock.h"
#include "net/loop.h"
#include "proxy/client_table.h"
#include "proxy/counters.h"
#include "proxy/fleet.h"
#include "proxy/rewinds.h"
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
  // Clients that wait for the mark they have been given, until whoever had it is gone.
  absl::flat_hash_map<Mark, Client*> awaited_marks;
  // Connections with a derived mark that have ended, and left events of their share unacked.
  struct Former {
    std::uint32_t upstream = 0;
    std::uint32_t events = 0;
  };
  absl::flat_hash_map<Mark, Former> formers;
  std::vector<Mark> late_keys;  // clients that have found theirs (late_keys.h)
  Taps taps;
  Rewinds rewinds;  // refused frames (Nack with a delay), and what stood behind them
  Rewinds backlog;  // events of lost links, for which the links their clients have now lack room
  Counters counters;
  bool draining = false;
  bool memory_paused = false;  // some clients wait for memory
  std::uint64_t last_command_ms = 0;
  std::uint32_t last_stream = 0;  // Upstream::stream of the link that was ready last

  // Frames that wait for their time, or for room on the link of their client.
  [[nodiscard]] std::size_t frames_held_back() const { return rewinds.frames() + backlog.frames(); }

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
  // Puts an event of the client, which has an upstream, into its link.
  link::Appended send(Client& client, const wire::EventHeader& header, wire::EventKind kind,
                      std::string_view body) const {
    link::Link& link = *upstream_of(client).link;
    const link::Appended appended = link.append(header, kind, body, /*of_share=*/true);
    note_sent(client, link, appended);
    if (kind == wire::EventKind::payload) await_reply(upstream_of(client), header);
    return appended;
  }
  // The upstream was given a frame whose answer somebody waits for.
  void await_reply(Upstream& upstream, const wire::EventHeader& frame) const {
    Pool& pool = fleet->pool_of(upstream);
    if (!pool.awaits_replies() || upstream.link->acks()) return;
    (void)pool.unanswered.answered(frame.mark, frame.seq);  // here instead
    upstream.replies.ask(frame.mark, frame.seq, frame.received_at);
  }
  static void note_sent(Client& client, const link::Link& link, const link::Appended& appended) {
    session::Share& share = client.session.share();
    if (appended.delivery != 0) return share.hold(appended.size);
    share.add(appended.batch, appended.size, link.written_batch());
  }
  // Upstream `upstream` is done with an event.
  void note_acked(std::uint32_t upstream, const session::Ledger::Entry& entry) {
    if (entry.frame) {
      if (const auto& work = fleet->pool_of(fleet->upstreams()[upstream]).work) {
        work->queue.finished(entry.mark);
      }
    }
    if (!entry.of_share) return;
    Client* client = clients.find(entry.mark);
    if (client != nullptr && client->session.upstream() == upstream) {
      client->session.share().release(entry.size);
    } else if (!formers.empty()) {
      note_left_less(entry.mark, upstream, 1);
    }
  }
  // Of the events that a former has left at this upstream, so many are done or were taken back.
  void note_left_less(const Mark& mark, std::uint32_t upstream, std::size_t events) {
    const auto at = formers.find(mark);
    if (at == formers.end() || at->second.upstream != upstream) return;
    if (at->second.events <= events) return formers.erase(at);
    at->second.events -= static_cast<std::uint32_t>(events);
  }

  // The client an event is of, unless that was a connection which had the mark before it.
  [[nodiscard]] Client* client_of(const wire::EventHeader& event) const {
    Client* client = clients.find(event.mark);
    const bool before = client != nullptr && client->incarnation && event.received_at != 0 &&
                        event.mark == client->session.mark() &&
                        event.received_at < client->incarnation->since_ns;
    return before ? nullptr : client;
  }
  // Unix nanoseconds; never before the client has got its mark, though the clock may go back.
  [[nodiscard]] static std::uint64_t now_of(const Client& client) {
    const std::uint64_t now = unix_ns();
    return client.incarnation ? std::max(now, client.incarnation->since_ns) : now;
  }
  // Of an event that no frame has brought. It is dated where the mark alone does not say whose it
  // is.
  [[nodiscard]] static wire::EventHeader header_of(const Client& client) {
    return {.mark = client.session.mark(), .received_at = client.incarnation ? now_of(client) : 0};
  }

  // Its upstream holds all events before what is read now: reading may go on.
  void resume(Client& client) const {
    if (client.retired || !client.session.attached() || draining) return;
    if (client.session.up_ended() || client.moving || client.rewound) return;
    if (client.late && client.late->stage != LateKey::Stage::search) return;
    if (client.is_settling()) return;
    client.session.resume_reading(loop.now_ms());
    client.want_readable(true);
  }

  // The queue towards the client has grown over its soft limit, or no longer is: its upstream
  // learns of a slow client while it can still do something about it.
  void note_queue(Client& client, bool high) const {
    session::Session& session = client.session;
    if (!session.set_queue_high(high, loop.now_ms()) || !session.attached()) return;
    link::Link& link = *upstream_of(client).link;
    if (!link.ready() || !link.has_room()) return;
    link.append({.mark = session.mark()}, wire::EventKind::pressure,
                wire::encode(wire::Pressure{.high = high, .queued_bytes = client.queued_bytes()}));
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
    const std::size_t wanted = client.routed ? client.pool : client.listener->pool;
    return fleet->pools()[wanted].ready.empty() ? client.pool : wanted;
  }
  // It is served by this pool from now on.
  void set_pool(Client& client, std::size_t pool) const {
    shared.pool_connections[client.pool].fetch_sub(1, std::memory_order_relaxed);
    client.pool = static_cast<std::uint32_t>(pool);
    if (client.listed) shared.presence.move(client.session.mark(), client.pool);
    shared.pool_connections[pool].fetch_add(1, std::memory_order_relaxed);
  }

  // Counts in the budget what the client makes the process hold now.
  void charge(Client& client) const {
    std::size_t held =
        client.retired ? 0 : client.framer.unfinished_bytes() + client.attribute_bytes;
    if (client.tls() != nullptr && !client.retired) held += client.tls()->held_bytes();
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
