#include "proxy/replay.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "base/unix_clock.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

using Kind = ReplayResult::Kind;

bool Replay::step(WorkerState& state, Dispatcher& dispatcher) {
  const std::size_t turn = turn_++;
  Client* client = state.clients.find(letter_.mark);
  ReplayResult result;
  if (client != nullptr) {
    result = give(state, dispatcher, *client);
  } else if (turn >= workers_) {
    result = give_as_orphan(state, dispatcher);
  }
  const bool delivered = result.kind == Kind::delivered;
  if (delivered) ++state.counters.frames_replayed;
  // A client that is there gets its frames from its own upstream or not at all, and where there is
  // no room now, later frames of the same client must not find some elsewhere.
  const bool over = delivered || client != nullptr || result.kind == Kind::no_room;
  if (result.kind >= nearest_.kind) nearest_ = std::move(result);
  if (!over && turn_ < 2 * workers_) return false;
  done_(std::move(nearest_));
  return true;
}

ReplayResult Replay::give(WorkerState& state, Dispatcher& dispatcher, Client& client) const {
  if (!client.session.attached() || state.draining) return {Kind::no_upstream, {}};
  Pool& pool = state.pool_of(client);
  if (pool.work) return dispatch(state, dispatcher, pool, /*with_client=*/true);
  link::Link& link = *state.upstream_of(client).link;
  if (const Kind fit = fits(link); fit != Kind::delivered) return {fit, {}};
  state.send(client, header(pool), wire::EventKind::payload, letter_.payload);
  return {Kind::delivered, link.address()};
}

ReplayResult Replay::give_as_orphan(WorkerState& state, Dispatcher& dispatcher) const {
  const auto slot = state.layout->any_pool_slot(letter_.pool);
  if (!slot) return {Kind::no_pool, {}};
  Pool& pool = state.fleet->pools()[*slot];
  if (pool.work) {
    if (pool.ready.empty() || state.draining) return {Kind::no_upstream, {}};
    return dispatch(state, dispatcher, pool, /*with_client=*/false);
  }
  // By its mark, so that frames of one client go the same way.
  const auto chosen = state.pick(pool, absl::Hash<Mark>()(letter_.mark), letter_.mark);
  if (!chosen || state.draining) return {Kind::no_upstream, {}};
  link::Link& link = *state.fleet->upstreams()[*chosen].link;
  if (const Kind fit = fits(link); fit != Kind::delivered) return {fit, {}};
  link.append({.mark = letter_.mark}, wire::EventKind::opened, wire::encode(opening()));
  link.append(header(pool), wire::EventKind::payload, letter_.payload);
  // Why its connection ended is not known any more.
  link.append({.mark = letter_.mark}, wire::EventKind::closed,
              wire::encode(wire::Closed{.last_seq = letter_.seq}));
  return {Kind::delivered, link.address()};
}

ReplayResult Replay::dispatch(WorkerState& state, Dispatcher& dispatcher, Pool& pool,
                              bool with_client) const {
  if (dispatcher.is_too_large(pool, letter_.payload.size())) return {Kind::too_large, {}};
  const wire::EventHeader frame = header(pool);
  const auto upstream =
      with_client ? dispatcher.frame_now(pool, frame, letter_.payload)
                  : dispatcher.frame_of_ended_now(pool, frame, letter_.payload, opening());
  if (!upstream) return {Kind::no_room, {}};
  return {Kind::delivered, state.fleet->upstreams()[*upstream].link->address()};
}

ReplayResult::Kind Replay::fits(const link::Link& link) const {
  if (letter_.payload.size() > link.max_payload()) return Kind::too_large;
  return link.has_room() ? Kind::delivered : Kind::no_room;
}

wire::Opened Replay::opening() const {
  return {.listener = letter_.listener, .resumed = true, .next_seq = letter_.seq};
}

wire::EventHeader Replay::header(const Pool& pool) const {
  // Who waits for its answer does so from now on.
  return {.mark = letter_.mark,
          .seq = letter_.seq,
          .attempt = std::max<std::uint32_t>(letter_.attempts, 1) + 1,
          .received_at = pool.awaits_replies() ? unix_ns() : letter_.received_at};
}

}  // namespace waymark::proxy
