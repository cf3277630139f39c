#include "proxy/steering.h"

namespace waymark::proxy {

void Steering::apply(const UpstreamOrder& order) {
  if (state_.draining) return;
  Upstream& upstream = state_.fleet->add(order);
  const bool rested = upstream.role == Role::rest;
  const bool same_link = upstream.settings.protocol == order.settings.protocol;
  upstream.settings = order.settings;
  upstream.role = order.role;
  upstream.weight = order.weight;
  upstream.remove = order.remove;
  if (order.role != Role::rest) upstream.leave_by_ms = 0;
  sideways_.link_leaving(order.index);
  link::Link& link = *upstream.link;
  const std::uint64_t now = state_.loop.now_ms();
  if (!upstream.takes_connections()) state_.fleet->pool_of(upstream).ready.remove(order.index);
  if (!same_link) return link.give_up(now, "it is spoken to in another protocol");
  switch (order.role) {
    case Role::serve:
      if (link.state() == link::Link::State::idle) link.start(now);
      if (link.ready() && upstream.takes_connections()) redelivery_.begin_serving(order.index);
      return;
    case Role::leave:
      if (link.state() == link::Link::State::idle) link.start(now);
      return;
    case Role::rest:
      if (!rested) begin_rest(upstream);
      return;
    case Role::give_up:
      return link.give_up(now, "given up");
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
  sideways_.link_leaving(index);
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
  link::Link& link = *upstream.link;
  if (!upstream.takes_connections() && link.ready()) {
    mover_.empty(index);
    if (state_.fleet->pool_of(upstream).work) dispatcher_.seating().leaving(index);
  }
  if (!upstream.moving.empty()) mover_.finish(index);
  if (link.stopped()) {
    if (upstream.remove) return forget(upstream, index);
    if (upstream.role != Role::serve && upstream.role != Role::leave) return;
    state_.fleet->renew_link(upstream);
    return upstream.link->start(state_.loop.now_ms());
  }
  if (upstream.role == Role::rest && link.state() != link::Link::State::stopping) {
    carry_on_rest(upstream, index);
  }
}

void Steering::carry_on_rest(Upstream& upstream, std::uint32_t index) {
  link::Link& link = *upstream.link;
  const std::uint64_t now = state_.loop.now_ms();
  if (link.ready() && now < upstream.leave_by_ms) return;
  // What it has not taken by now, and whoever it still serves, goes elsewhere.
  const bool unfinished = upstream.clients > 0 || !link.quiet();
  if (link.ready() && unfinished) {
    link.give_up(now, "leave_timeout");
  } else {
    link.stop(now);
    upstream.stream = 0;
    sideways_.link_ended(index);
    Pool& pool = state_.fleet->pool_of(upstream);
    if (pool.work) dispatcher_.lost(index);
    upstream.replies.move_open_to(pool.unanswered);
  }
  state_.shared.observer.upstream_rests({index, state_.index});
}

void Steering::forget(Upstream& upstream, std::uint32_t index) {
  // The index may soon stand for another upstream.
  for (Client* client : state_.clients.live()) client->session.forget_former(index);
  state_.fleet->forget(upstream);
  sideways_.forgotten(index);
  state_.shared.observer.upstream_gone({index, state_.index});
}

}  // namespace waymark::proxy
