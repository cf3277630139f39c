#include "proxy/steering.h"

namespace waymark::proxy {

void Steering::apply(const UpstreamOrder& order) {
  if (state_.draining) return;
  Upstream& upstream = state_.fleet->add(order);
  const Role before = upstream.role;
  upstream.settings = order.settings;
  upstream.role = order.role;
  upstream.weight = order.weight;
  upstream.remove = order.remove;
  link::Link& link = *upstream.link;
  Pool& pool = state_.fleet->pool_of(upstream);
  pool.ready.remove(order.index);
  switch (order.role) {
    case Role::serve:
      upstream.leave_by_ms = 0;
      if (link.state() == link::Link::State::idle) link.start(state_.loop.now_ms());
      if (link.ready() && upstream.takes_connections()) {
        pool.ready.add({order.index, upstream.settings.address, upstream.weight});
      }
      return;
    case Role::leave:
      upstream.leave_by_ms = 0;
      if (link.state() == link::Link::State::idle) link.start(state_.loop.now_ms());
      return;
    case Role::rest:
      if (before != Role::rest || upstream.leave_by_ms == 0) begin_rest(upstream);
      return;
    case Role::give_up:
      return link.give_up(state_.loop.now_ms(), "given up");
  }
}

void Steering::begin_rest(Upstream& upstream) {
  const PoolSettings& pool = *state_.fleet->pool_of(upstream).settings;
  const std::uint64_t now = state_.loop.now_ms();
  upstream.leave_by_ms = now + static_cast<std::uint64_t>(pool.leave_timeout.count());
  if (!upstream.link->ready()) return upstream.link->stop(now);
  upstream.link->append({}, wire::EventKind::drain, {});
}

void Steering::leave_as_asked(std::uint32_t index) {
  Upstream& upstream = state_.fleet->upstreams()[index];
  if (upstream.asked_drain) return;
  upstream.asked_drain = true;
  state_.fleet->pool_of(upstream).ready.remove(index);
}

void Steering::tick() {
  if (state_.draining) return;
  for (std::uint32_t i = 0; i < state_.fleet->upstreams().size(); ++i) {
    Upstream& upstream = state_.fleet->upstreams()[i];
    if (!upstream.vacant) carry_on(upstream, i);
  }
}

void Steering::carry_on(Upstream& upstream, std::uint32_t index) {
  const std::uint64_t now = state_.loop.now_ms();
  const bool over = upstream.role == Role::rest && now >= upstream.leave_by_ms;
  if (!upstream.takes_connections() && upstream.link->ready()) mover_.empty(index, over);
  if (!upstream.moving.empty()) mover_.finish(index);
  const bool wanted = upstream.role == Role::serve || upstream.role == Role::leave;
  if (upstream.link->stopped()) {
    if (upstream.remove) return forget(upstream, index);
    if (!wanted) return;
    state_.fleet->renew_link(upstream);
    upstream.link->start(now);
    return;
  }
  if (upstream.role != Role::rest || upstream.link->state() == link::Link::State::stopping) return;
  const bool idle = !upstream.link->ready() || (over && upstream.clients == 0);
  if (!idle) return;
  upstream.link->stop(now);
  state_.shared.observer.upstream_rests({index, state_.index});
}

void Steering::forget(Upstream& upstream, std::uint32_t index) {
  // The index may soon stand for another upstream.
  for (Client* client : state_.clients.live()) client->session.forget_former(index);
  upstream.vacant = true;
  upstream.link.reset();
  state_.shared.observer.upstream_gone({index, state_.index});
}

}  // namespace waymark::proxy
