#include "proxy/redelivery.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {
namespace {

// Events of clients that have ended: the upstream that gets their last frames is told of their
// opening and closing too, and all of one client go to the same upstream.
class Orphans {
 public:
  Orphans(WorkerState& state, Pool& pool) : state_(state), pool_(pool) {}

  // The client ended while no upstream was there; only the one that got its last frames cares.
  void end(const HeldEnd& ended) {
    const auto home = home_.find(ended.mark);
    if (home == home_.end()) return;
    link_of(home->second).append({.mark = ended.mark}, wire::EventKind::closed, ended.closed);
  }

  void write(wire::EventHeader header, const wire::Event& event) {
    const bool first = !home_.contains(header.mark);
    // The frames of this client had all been written before: nobody waits for its end.
    if (first && event.kind == wire::EventKind::closed) return;
    const auto chosen = state_.pick(pool_, pool_.next_move, header.mark);
    const std::size_t index = home_.try_emplace(header.mark, *chosen).first->second;
    link::Link& link = link_of(index);
    if (first && event.kind != wire::EventKind::opened) {
      ++pool_.next_move;
      link.append({.mark = header.mark}, wire::EventKind::opened,
                  wire::encode(wire::Opened{.resumed = true, .next_seq = header.seq}));
    }
    link.append(header, event.kind, event.body.head());
  }

 private:
  link::Link& link_of(std::size_t upstream) { return *state_.fleet->upstreams()[upstream].link; }

  WorkerState& state_;
  Pool& pool_;
  absl::flat_hash_map<Mark, std::size_t> home_;
};

bool is_of_a_client(wire::EventKind kind) {
  return kind == wire::EventKind::payload || kind == wire::EventKind::opened ||
         kind == wire::EventKind::half_closed || kind == wire::EventKind::closed;
}

}  // namespace

void Redelivery::link_lost(std::uint32_t index, std::string_view why,
                           std::vector<link::LostBatch> batches) {
  Upstream& upstream = state_.fleet->upstreams()[index];
  Pool& pool = state_.fleet->pool_of(upstream);
  state_.shared.observer.upstream_lost({index, state_.index}, pool.settings->name,
                                       upstream.link->address(), why);
  pool.ready.remove(index);
  upstream.waiting.clear();
  upstream.moving.clear();
  upstream.asked_drain = false;
  std::vector<Client*> clients;
  for (Client* client : state_.clients.live()) {
    client->session.forget_former(index);
    if (client->session.upstream() != index) continue;
    state_.detach(*client);
    client->waiting = false;
    client->moving = false;
    clients.push_back(client);
  }
  move(pool, clients, std::move(batches));
}

void Redelivery::link_ready(std::uint32_t index) {
  Upstream& upstream = state_.fleet->upstreams()[index];
  Pool& pool = state_.fleet->pool_of(upstream);
  link::Link& link = *upstream.link;
  state_.shared.observer.upstream_ready(
      {index, state_.index}, pool.settings->name, link.address(), link.upstream_name(),
      link.protocol() == link::ProtocolKind::legacy ? "legacy" : "link");
  state_.shared.pool_seen[upstream.pool].store(true, std::memory_order_relaxed);
  if (upstream.takes_connections()) begin_serving(index);
  link.append({}, wire::EventKind::snapshot_end, {});
}

void Redelivery::begin_serving(std::uint32_t index) {
  Upstream& upstream = state_.fleet->upstreams()[index];
  Pool& pool = state_.fleet->pool_of(upstream);
  const bool was_bare = pool.ready.empty();
  pool.ready.set({index, upstream.settings.address, upstream.weight});
  if (!was_bare) return;
  std::vector<Client*> held;
  for (Client* client : state_.clients.live()) {
    if (client->pool == upstream.pool && !client->session.attached()) {
      held.push_back(client);
    }
  }
  move(pool, held, std::exchange(pool.stranded, {}));
}

void Redelivery::move(Pool& pool, const std::vector<Client*>& clients,
                      std::vector<link::LostBatch> batches) {
  if (pool.ready.empty()) {
    std::move(batches.begin(), batches.end(), std::back_inserter(pool.stranded));
    for (Client* client : clients) {
      client->want_readable(false);
      up_.say_held(*client);
    }
    return;
  }
  for (Client* client : clients) up_.place(*client, pool.next_move++);
  write_again(pool, batches);
  for (Client* client : clients) {
    if (client->session.up_ended()) up_.send_half_closed(*client);
    up_.resume(*client);
  }
}

void Redelivery::write_again(Pool& pool, const std::vector<link::LostBatch>& batches) {
  Orphans orphans(state_, pool);
  for (const link::LostBatch& lost : batches) {
    const bool drop_frames = lost.in_doubt && pool.settings->on_doubt == OnDoubt::drop;
    wire::for_each_event(lost.batch, [&](const wire::Event& event) {
      if (!is_of_a_client(event.kind)) return;
      const bool frame = event.kind == wire::EventKind::payload;
      if (frame && drop_frames) {
        ++state_.counters.frames_discarded_in_doubt;
        return;
      }
      wire::EventHeader header = event.header;
      if (lost.in_doubt) header.attempt = std::max<std::uint32_t>(1, header.attempt) + 1;
      if (frame) ++state_.counters.frames_redelivered;
      Client* client = state_.clients.find(header.mark);
      if (client == nullptr) return orphans.write(header, event);
      // place() has told of the opening; move() will tell of the client's end.
      if (!frame) return;
      if (!client->session.attached()) up_.place(*client, pool.next_move++);
      // Of a pool it has left, and nobody is ready in the one it has now.
      if (!client->session.attached()) return orphans.write(header, event);
      link::Link& link = *state_.upstream_of(*client).link;
      const auto appended = link.append(header, event.kind, event.body.head());
      client->session.share().add(appended.batch, appended.size, link.written_batch());
    });
  }
  for (const HeldEnd& ended : std::exchange(pool.held_ends, {})) orphans.end(ended);
}

void Redelivery::leave_pool(std::size_t slot) {
  Pool& pool = state_.fleet->pools()[slot];
  if (!pool.ready.empty()) return;
  std::vector<Client*> held;
  for (Client* client : state_.clients.live()) {
    if (client->pool != slot) continue;
    if (client->session.attached() || state_.next_pool_of(*client) == slot) return;
    held.push_back(client);
  }
  if (held.empty()) return;
  Pool& target = state_.fleet->pools()[state_.next_pool_of(*held.front())];
  for (Client* client : held) state_.set_pool(*client, state_.next_pool_of(*client));
  std::vector<HeldEnd> ends = std::exchange(pool.held_ends, {});
  std::move(ends.begin(), ends.end(), std::back_inserter(target.held_ends));
  move(target, held, std::exchange(pool.stranded, {}));
}

std::uint64_t Redelivery::stranded_frames() const {
  std::uint64_t frames = 0;
  for (const Pool& pool : state_.fleet->pools()) {
    for (const link::LostBatch& lost : pool.stranded) frames += lost.batch.frames;
  }
  return frames;
}

}  // namespace waymark::proxy
