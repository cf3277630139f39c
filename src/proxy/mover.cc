#include "proxy/mover.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "proxy/opening.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {
namespace {

// Whether `batch` comes after `settled`; numbers wrap around.
bool is_after(std::uint32_t batch, std::uint32_t settled) {
  return static_cast<std::int32_t>(batch - settled) > 0;
}

}  // namespace

bool Mover::begin(Client& client) {
  if (client.retired || client.moving || !client.session.attached()) return false;
  if (client.session.up_ended()) return false;
  Upstream& from = state_.upstream_of(client);
  client.moving = true;
  client.waiting = false;
  client.want_readable(false);
  const auto timeout = state_.fleet->pool_of(from).settings->leave_timeout;
  from.moving.push_back({client.session.mark(), from.link->newest_batch(),
                         state_.loop.now_ms() + static_cast<std::uint64_t>(timeout.count())});
  return true;
}

void Mover::empty(std::uint32_t index) {
  Upstream& from = state_.fleet->upstreams()[index];
  if (from.clients == from.moving.size()) return;
  // Better served by one that leaves than held by nobody.
  if (state_.fleet->pool_of(from).ready.empty()) return;
  std::size_t begun = 0;
  for (Client* client : state_.clients.live()) {
    if (client->session.upstream() == index && begin(*client) && ++begun == kAtOnce) return;
  }
}

void Mover::finish(std::uint32_t index) {
  Upstream& from = state_.fleet->upstreams()[index];
  const std::uint64_t now = state_.loop.now_ms();
  std::size_t left = std::min(from.moving.size(), kAtOnce);
  for (; left > 0; --left) {
    const Moving moving = from.moving.front();
    from.moving.pop_front();
    Client* client = state_.clients.find(moving.mark);
    if (client == nullptr || !client->moving || client->session.upstream() != index) continue;
    if (!is_done(*client, moving, *from.link) && now < moving.give_in_ms) {
      from.moving.push_back(moving);
    } else {
      transfer(*client, from, index);
    }
  }
}

// Nothing that the client sent would come again if the link were lost now.
bool Mover::is_done(const Client& client, const Moving& moving, const link::Link& link) {
  if (link.acks()) return !client.session.share().holds_any();
  return !is_after(moving.batch, link.settled_batch());
}

void Mover::transfer(Client& client, Upstream& from, std::uint32_t index) {
  const std::size_t target = state_.next_pool_of(client);
  Pool& pool = state_.fleet->pools()[target];
  client.moving = false;
  const std::uint64_t ticket = pool.next_move++;
  const auto chosen = state_.pick(pool, ticket, client.session.mark());
  // The same again, or nobody else: better served by one that leaves than held.
  if (chosen == index || (!chosen && from.link->ready())) return state_.resume(client);
  std::vector<link::LostBatch> unacked = redelivery_.take_back(client);
  if (state_.pool_of(client).work) {
    if (target == client.pool) {
      dispatcher_.seating().leave(client, index);
    } else {
      for (link::LostBatch& one : dispatcher_.give_away(client)) unacked.push_back(std::move(one));
    }
  } else if (from.link->ready()) {
    from.link->append(WorkerState::header_of(client), wire::EventKind::closed,
                      wire::encode(closing_of(client, CloseReason::moved)));
  }
  redelivery_.take_along(client, target, unacked);
  state_.detach(client);
  client.session.set_former(index);
  state_.set_pool(client, target);
  if (chosen) up_.give(client, static_cast<std::uint32_t>(*chosen));
  redelivery_.give_again(target, std::move(unacked));
  if (!chosen) return up_.say_held(client);
  state_.resume(client);
}

}  // namespace waymark::proxy
