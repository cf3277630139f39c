#include "proxy/mover.h"

#include "wire/lifecycle.h"

namespace waymark::proxy {
namespace {

// Whether `batch` comes after `settled`; numbers wrap around.
bool is_after(std::uint32_t batch, std::uint32_t settled) {
  return static_cast<std::int32_t>(batch - settled) > 0;
}

}  // namespace

void Mover::begin(Client& client) {
  if (client.retired || client.moving || !client.session.attached()) return;
  Upstream& from = state_.upstream_of(client);
  client.moving = true;
  client.waiting = false;
  client.want_readable(false);
  const auto timeout = state_.fleet->pool_of(from).settings->leave_timeout;
  from.moving.push_back({client.session.mark(), from.link->newest_batch(),
                         state_.loop.now_ms() + static_cast<std::uint64_t>(timeout.count())});
}

void Mover::empty(std::uint32_t index, bool all) {
  Upstream& from = state_.fleet->upstreams()[index];
  if (from.clients == 0) return;
  // Better served by one that leaves than held by nobody.
  if (state_.fleet->pool_of(from).ready.empty() && !all) return;
  chosen_.clear();
  for (Client* client : state_.clients.live()) {
    if (client->session.upstream() != index || client->moving) continue;
    if (client->session.up_ended() && !all) continue;
    chosen_.push_back(client);
    if (chosen_.size() == kAtOnce && !all) break;
  }
  for (Client* client : chosen_) begin(*client);
}

void Mover::finish(std::uint32_t index) {
  Upstream& from = state_.fleet->upstreams()[index];
  const std::uint64_t now = state_.loop.now_ms();
  const bool last_moment = from.leave_by_ms != 0 && now >= from.leave_by_ms;
  for (std::size_t left = from.moving.size(); left > 0; --left) {
    const Moving moving = from.moving.front();
    from.moving.pop_front();
    Client* client = state_.clients.find(moving.mark);
    if (client == nullptr || !client->moving || client->session.upstream() != index) continue;
    const bool settled = !is_after(moving.batch, from.link->settled_batch());
    if (!settled && now < moving.give_in_ms && !last_moment) {
      from.moving.push_back(moving);
    } else {
      transfer(*client, from, index);
    }
  }
}

void Mover::transfer(Client& client, Upstream& from, std::uint32_t index) {
  Pool& pool = state_.fleet->pool_of(from);
  client.moving = false;
  const std::uint64_t ticket = pool.next_move++;
  const auto chosen = state_.pick(pool, ticket, client.session.mark());
  if (chosen == index || (!chosen && from.takes_connections())) return up_.resume(client);
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
  if (!chosen) return up_.say_held(client);
  up_.give(client, static_cast<std::uint32_t>(*chosen));
  if (client.session.up_ended()) up_.send_half_closed(client);
  up_.resume(client);
}

}  // namespace waymark::proxy
