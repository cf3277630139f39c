#include "proxy/redelivery.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_map.h"
#include "proxy/last_acked.h"
#include "proxy/repetition.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

void Redelivery::link_lost(std::uint32_t index, std::string_view why,
                           std::vector<link::LostBatch> batches) {
  Upstream& upstream = state_.fleet->upstreams()[index];
  Pool& pool = state_.fleet->pool_of(upstream);
  state_.shared.observer.upstream_lost({index, state_.index}, pool.settings->name,
                                       upstream.link->address(), why);
  pool.ready.remove(index);
  upstream.stream = 0;
  if (pool.work) dispatcher_.lost(index);
  drop_those_that_are_late(upstream, batches);
  upstream.replies.move_open_to(pool.unanswered);
  forget_those_that_come_again(pool, batches);
  absl::erase_if(state_.formers,
                 [&](const auto& former) { return former.second.upstream == index; });
  upstream.waiting.clear();
  upstream.backlogged.clear();
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
  if (upstream.link->acks() && !pool.work) note_last_acked(clients, batches);
  move(pool, clients, std::move(batches), &upstream);
}

void Redelivery::drop_those_that_are_late(const Upstream& upstream,
                                          std::vector<link::LostBatch>& batches) {
  if (upstream.replies.remembered() == 0) return;
  for (link::LostBatch& lost : batches) {
    lost.remove_if(
        state_.shared.chunks,
        [&](const wire::Event& event) {
          return event.kind == wire::EventKind::payload &&
                 upstream.replies.gave_up(event.header.mark, event.header.seq);
        },
        [&](const wire::Event&) { ++state_.counters.frames_discarded_unanswered; });
  }
}

void Redelivery::forget_those_that_come_again(Pool& pool,
                                              const std::vector<link::LostBatch>& batches) {
  if (pool.unanswered.remembered() == 0) return;
  for (const link::LostBatch& lost : batches) {
    wire::for_each_event(lost.batch, [&pool](const wire::Event& event) {
      (void)pool.unanswered.answered(event.header.mark, event.header.seq);
    });
  }
}

void Redelivery::note_last_acked(const std::vector<Client*>& clients,
                                 const std::vector<link::LostBatch>& batches) const {
  absl::flat_hash_map<Mark, std::uint64_t> first_lost;
  for (const link::LostBatch& lost : batches) {
    wire::for_each_event(lost.batch, [&](const wire::Event& event) {
      if (event.kind != wire::EventKind::payload) return;
      if (state_.client_of(event.header) == nullptr) return;
      first_lost.try_emplace(event.header.mark, event.header.seq);
    });
  }
  for (Client* client : clients) {
    const auto lost = first_lost.find(client->session.mark());
    client->session.set_last_acked(last_acked_of(
        state_, *client, lost == first_lost.end() ? std::nullopt : std::optional(lost->second)));
  }
}

std::vector<link::LostBatch> Redelivery::take_back(Client& client) const {
  link::Link& link = *state_.upstream_of(client).link;
  if (!link.acks()) return {};
  std::vector<link::LostBatch> unacked;
  if (client.session.share().holds_any()) {
    unacked.push_back(link.withdraw(client.session.mark()));
  }
  if (!state_.pool_of(client).work) note_last_acked({&client}, unacked);
  return unacked;
}

void Redelivery::take_along(Client& client, std::size_t target,
                            std::vector<link::LostBatch>& before) const {
  if (!client.rewound || !state_.fleet->pools()[target].work) return;
  for (Rewinds* held_back : {&state_.backlog, &state_.rewinds}) {
    for (link::LostBatch& held : held_back->take(client.session.mark()).events) {
      before.push_back(std::move(held));
    }
  }
  client.rewound = false;
}

void Redelivery::give_again(std::size_t slot, std::vector<link::LostBatch> batches) {
  Pool& pool = state_.fleet->pools()[slot];
  if (!pool.ready.empty() || pool.work) return write_again(pool, batches);
  std::move(batches.begin(), batches.end(), std::back_inserter(pool.stranded));
}

void Redelivery::link_ready(std::uint32_t index) {
  Upstream& upstream = state_.fleet->upstreams()[index];
  Pool& pool = state_.fleet->pool_of(upstream);
  link::Link& link = *upstream.link;
  upstream.stream = ++state_.last_stream;
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
  if (!was_bare) {
    if (pool.work) dispatcher_.joined(index);
    return;
  }
  std::vector<Client*> held;
  for (Client* client : state_.clients.live()) {
    if (client->pool == upstream.pool && !client->session.attached()) {
      held.push_back(client);
    }
  }
  move(pool, held, std::exchange(pool.stranded, {}));
  if (pool.work) dispatcher_.joined(index);
}

void Redelivery::move(Pool& pool, const std::vector<Client*>& clients,
                      std::vector<link::LostBatch> batches, Upstream* had_them) {
  if (pool.ready.empty()) {
    if (pool.work) {
      write_again(pool, batches, had_them);  // that is, they are queued
    } else {
      std::move(batches.begin(), batches.end(), std::back_inserter(pool.stranded));
    }
    for (Client* client : clients) {
      client->want_readable(false);
      up_.say_held(*client);
    }
    return;
  }
  const bool any_returned = std::ranges::any_of(
      clients, [](const Client* client) { return client->incarnation != nullptr; });
  if (any_returned) move_formers(pool, batches, had_them);
  for (Client* client : clients) up_.place(*client, pool.next_move++);
  Repetition repetition(state_, up_, dispatcher_, pool, had_them);
  using Whose = Repetition::Whose;
  repetition.write(batches, any_returned ? Whose::all_but_formers : Whose::all);
  for (const HeldEnd& ended : std::exchange(pool.held_ends, {})) repetition.end(ended);
  repetition.finish();
  for (Client* client : clients) {
    if (client->session.up_ended() && !client->rewound) up_.send_half_closed(*client);
    state_.resume(*client);
  }
}

// Before the newest connection with the mark is told of.
void Redelivery::move_formers(Pool& pool, const std::vector<link::LostBatch>& batches,
                              Upstream* had_them) {
  Repetition repetition(state_, up_, dispatcher_, pool, had_them);
  repetition.write(batches, Repetition::Whose::formers);
  std::erase_if(pool.held_ends, [&](const HeldEnd& ended) {
    if (state_.clients.find(ended.mark) == nullptr) return false;
    repetition.end(ended);
    return true;
  });
  repetition.finish();
}

void Redelivery::write_again(Pool& pool, const std::vector<link::LostBatch>& batches,
                             Upstream* had_them) {
  const bool before = std::exchange(giving_, true);
  Repetition repetition(state_, up_, dispatcher_, pool, had_them);
  repetition.write(batches);
  repetition.finish();
  giving_ = before;
}

void Redelivery::refused(std::uint32_t index, const wire::Nack& nack) {
  Upstream& upstream = state_.fleet->upstreams()[index];
  Pool& pool = state_.fleet->pool_of(upstream);
  link::Link& link = *upstream.link;
  const session::Ledger::Entry entry = *link.ledger().find(nack.delivery);
  if (!entry.frame) {  // there is nothing to refuse
    state_.note_acked(index, entry);
    (void)link.withdraw_one(nack.delivery);
    return;
  }
  if (nack.give_up) return give_up(index, nack.delivery, DeadLetter::Reason::given_up);
  const ChunkRange refused = link.ledger().range_of(nack.delivery);
  if (wire::header_of_entry(refused.bytes()).attempts() >= pool.settings->max_attempts) {
    return give_up(index, nack.delivery, DeadLetter::Reason::max_attempts);
  }
  if (pool.work) return refused_one(index, nack);
  link::LostBatch events = link.withdraw(entry.mark, nack.delivery);
  events.refused = true;
  Client* client = state_.clients.find(entry.mark);
  if (client != nullptr && client->session.upstream() == index) {
    client->session.share().release(events.share_bytes, events.share_events);
    client->rewound = true;
    client->want_readable(false);
  } else if (client == nullptr) {
    state_.note_left_less(entry.mark, index, events.share_events);
  }
  const std::uint64_t now = state_.loop.now_ms();
  const std::uint64_t delay = std::min(nack.delay_ms, Rewinds::kLongestMs);
  if (delay > 0) events.copy_out(state_.shared.chunks);
  // What waits for room stands behind it, and before what was refused earlier.
  std::vector<link::LostBatch> behind = state_.backlog.take(entry.mark).events;
  for (; !behind.empty(); behind.pop_back()) {
    state_.rewinds.hold(entry.mark, upstream.pool, std::move(behind.back()), now);
  }
  state_.rewinds.hold(entry.mark, upstream.pool, std::move(events), now + delay);
  if (state_.rewinds.is_due(entry.mark, now)) rewind(entry.mark);
}

// Where frames go to several upstreams, those behind it need not wait: with frame_ordered none is
// out, and their line rests.
void Redelivery::refused_one(std::uint32_t index, const wire::Nack& nack) {
  link::Link& link = *state_.fleet->upstreams()[index].link;
  const std::uint64_t due = state_.loop.now_ms() + std::min(nack.delay_ms, Rewinds::kLongestMs);
  const link::LostBatch frame = link.withdraw_one(nack.delivery);
  wire::for_each_event(frame.batch,
                       [&](const wire::Event& event) { dispatcher_.delay(index, event, due); });
}

void Redelivery::give_up(std::uint32_t index, std::uint64_t delivery, DeadLetter::Reason why) {
  Upstream& upstream = state_.fleet->upstreams()[index];
  state_.note_acked(index, *upstream.link->ledger().find(delivery));
  const link::LostBatch one = upstream.link->withdraw_one(delivery);
  Repetition repetition(state_, up_, dispatcher_, state_.fleet->pool_of(upstream), &upstream);
  wire::for_each_event(one.batch, [&](const wire::Event& frame) {
    const bool somebody_to_tell = state_.clients.find(frame.header.mark) != nullptr;
    somebody_to_tell ? repetition.give_up(frame, why) : repetition.bury(frame, why);
  });
  repetition.finish();
}

void Redelivery::tick() {
  const std::uint64_t now = state_.loop.now_ms();
  std::vector<Upstream>& upstreams = state_.fleet->upstreams();
  for (Upstream& upstream : upstreams) upstream.backlogged.clear();
  for (const Mark& mark : state_.backlog.marks()) {
    const Client* client = state_.clients.find(mark);
    if (client != nullptr && client->session.attached() && !state_.pool_of(*client).work) {
      state_.upstream_of(*client).backlogged.push_back(mark);
    } else {  // there is no link to wait for, or a queue
      come_again(mark, state_.backlog.take(mark));
    }
  }
  for (std::uint32_t i = 0; i < upstreams.size(); ++i) give_backlog(i);
  for (const Mark& mark : state_.rewinds.due(now)) {
    if (!state_.backlog.holds(mark)) rewind(mark);
  }
}

void Redelivery::give_backlog(std::uint32_t index) {
  Upstream& upstream = state_.fleet->upstreams()[index];
  if (giving_ || upstream.vacant) return;
  while (!upstream.backlogged.empty()) {
    if (!upstream.link->ready()) return;
    if (!upstream.link->has_room()) return upstream.link->want_room();
    const Mark mark = upstream.backlogged.front();
    Client* client = state_.clients.find(mark);
    // A client that leaves takes it along.
    const bool waits = client != nullptr && client->session.upstream() == index &&
                       !client->moving && state_.backlog.holds(mark);
    if (!waits || give_backlog_of(*client, *upstream.link)) upstream.backlogged.pop_front();
  }
}

bool Redelivery::give_backlog_of(Client& client, const link::Link& link) {
  giving_ = true;
  const absl::Cleanup done = [this] { giving_ = false; };
  for (link::LostBatch& lost : state_.backlog.find(client.session.mark())->events) {
    lost.give_while([&](const wire::Event& event) {
      if (!link.has_room()) return false;
      if (event.kind == wire::EventKind::payload) ++state_.counters.frames_redelivered;
      state_.send(client, event.header, event.kind, event.body.head());
      return true;
    });
    if (lost.batch.events > 0) return false;
  }
  (void)state_.backlog.take(client.session.mark());
  client.rewound = state_.rewinds.holds(client.session.mark());
  go_on(client);
  return true;
}

void Redelivery::go_on(Client& client) {
  if (client.rewound) return;
  if (client.session.up_ended()) up_.send_half_closed(client);
  state_.resume(client);
}

void Redelivery::rewind(const Mark& mark) { come_again(mark, state_.rewinds.take(mark)); }

void Redelivery::come_again(const Mark& mark, Rewinds::Held held) {
  Client* client = state_.clients.find(mark);
  if (client == nullptr) return give_again(held.pool, std::move(held.events));
  client->rewound = state_.rewinds.holds(mark);
  if (!client->session.attached()) return give_again(client->pool, std::move(held.events));
  write_again(state_.pool_of(*client), held.events, &state_.upstream_of(*client));
  go_on(*client);
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
  const std::size_t next = state_.next_pool_of(*held.front());
  Pool& target = state_.fleet->pools()[next];
  std::vector<link::LostBatch> waiting = std::exchange(pool.stranded, {});
  for (Client* client : held) {
    take_along(*client, next, waiting);
    state_.set_pool(*client, next);
  }
  std::vector<HeldEnd> ends = std::exchange(pool.held_ends, {});
  std::move(ends.begin(), ends.end(), std::back_inserter(target.held_ends));
  move(target, held, std::move(waiting));
}

std::uint64_t Redelivery::stranded_frames() const {
  std::uint64_t frames = 0;
  for (const Pool& pool : state_.fleet->pools()) {
    frames += link::frames_in(pool.stranded);
  }
  return frames;
}

}  // namespace waymark::proxy
