#include "proxy/sweep.h"

#include <utility>

namespace waymark::proxy {

void Sweep::tick() {
  // Checked in two steps, because closing a client changes the table.
  due_.clear();
  const auto& live = state_.clients.live();
  if (next_ >= live.size()) {
    next_ = 0;
    queued_ = std::exchange(counting_, {});
  }
  const std::size_t count = live.size() / kTicksPerRound + 1;
  for (std::size_t i = 0; i < count && next_ < live.size(); ++i) due_.push_back(live[next_++]);
  for (Client* client : due_) check(*client);
  if (pool_to_leave_) redelivery_.leave_pool(*std::exchange(pool_to_leave_, std::nullopt));

  due_.assign(state_.clients.retired().begin(), state_.clients.retired().end());
  for (Client* client : due_) client->check_deadline(state_.loop.now_ms());

  overload_.tick();
  up_.on_memory();
}

// A reload may have given its listener another pool.
void Sweep::follow_listener(Client& client) {
  if (client.routed || client.pool == client.listener->pool || state_.draining) return;
  const std::size_t target = state_.next_pool_of(client);
  if (client.pool == target) return;
  if (client.session.attached()) {
    if (state_.upstream_of(client).moving.size() < Mover::kAtOnce) (void)mover_.begin(client);
    return;
  }
  // What the old pool keeps may be this client's, and must come first: all go, or none.
  if (!state_.pool_of(client).stranded.empty()) {
    pool_to_leave_ = client.pool;
    return;
  }
  std::vector<link::LostBatch> waiting;
  if (state_.pool_of(client).work) waiting = dispatcher_.give_away(client);
  redelivery_.take_along(client, target, waiting);
  state_.set_pool(client, target);
  up_.place(client, state_.pool_of(client).next_move++);
  redelivery_.give_again(target, std::move(waiting));
  if (client.session.up_ended() && !client.rewound) up_.send_half_closed(client);
  state_.resume(client);
}

void Sweep::check(Client& client) {
  if (client.retired) return;  // by what was done for one before it
  follow_listener(client);
  const bool reading = client.wants_readable();
  if (client.rewound) client.session.wait_for_output(state_.loop.now_ms());
  if (client.session.attached()) {
    client.session.share().forget_done(state_.upstream_of(client).link->written_batch());
  }
  if (const std::size_t queued = client.queued_bytes(); queued > 0) {
    ++counting_.connections;
    counting_.bytes += queued;
  }
  // Half of the soft limit: a queue that hovers about the limit is not a queue that drains.
  if (client.queued_bytes() <= client.listener->settings->down_soft / 2) {
    state_.note_queue(client, false);
  }
  const auto overdue =
      client.session.overdue(client.listener->deadlines, reading, state_.loop.now_ms());
  // Who is not read because he is too fast is not silent.
  if (overdue && !(client.throttled && *overdue == CloseReason::idle_timeout)) {
    return closer_.close(client, *overdue);
  }
  if (client.session.too_old(client.listener->deadlines, state_.loop.now_ms())) {
    (void)leaver_.schedule(client, CloseReason::max_age, 0);
  }
  // The last upstream that had not half-closed it may have gone.
  if (client.session.attached() && state_.pool_of(client).work && !client.session.down_ended() &&
      client.session.up_ended() && dispatcher_.seating().is_half_closed(client)) {
    return closer_.close(client, CloseReason::client_closed);
  }
  // A paused socket tells nothing of its peer's RST.
  if (!reading && client.peer_gone()) closer_.close(client, CloseReason::client_reset);
}

}  // namespace waymark::proxy
