#include "proxy/mover.h"

#include <algorithm>

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
    const bool settled = !is_after(moving.batch, from.link->settled_batch());
    if (!settled && now < moving.give_in_ms) {
      from.moving.push_back(moving);
    } else {
      transfer(*client, from, index);
    }
  }
}

void Mover::transfer(Client& client, Upstream& from, std::uint32_t index) {
  const std::size_t target = state_.next_pool_of(client);
  Pool& pool = state_.fleet->pools()[target];
  client.moving = false;
  const std::uint64_t ticket = pool.next_move++;
  const auto chosen = state_.pick(pool, ticket, client.session.mark());
  // The same again, or nobody else: better served by one that leaves than held.
  if (chosen == index || (!chosen && from.link->ready())) return up_.resume(client);
  if (from.link->ready()) {
    from.link->append(
        {.mark = client.session.mark()}, wire::EventKind::closed,
        wire::encode(wire::Closed{.reason = CloseReason::moved,
                                  .last_seq = client.session.last_seq(),
                                  .unfinished_bytes = client.framer.unfinished_bytes(),
                                  .written_bytes = client.session.bytes_down()}));
  }
  state_.detach(client);
  client.session.set_former(index);
  state_.set_pool(client, target);
  if (!chosen) return up_.say_held(client);
  up_.give(client, static_cast<std::uint32_t>(*chosen));
  up_.resume(client);
}

}  // namespace waymark::proxy
