#include "proxy/seating.h"

#include "proxy/opening.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

void Seating::take_in(const Client& client) {
  Pool& pool = state_.pool_of(client);
  const std::uint64_t next_seq = client.session.last_seq() + 1;
  if (pool.work->dispatch != Dispatch::all) {
    return open(pool, client.session.upstream(), client.session.mark(), next_seq);
  }
  pool.ready.for_each([&](std::size_t upstream) {
    open(pool, static_cast<std::uint32_t>(upstream), client.session.mark(), next_seq);
  });
}

void Seating::joined(std::uint32_t upstream) {
  Pool& pool = pool_of(upstream);
  if (pool.work->dispatch != Dispatch::all) return;
  for (const Client* client : state_.clients.live()) {
    if (&state_.pool_of(*client) != &pool || !client->session.attached()) continue;
    open(pool, upstream, client->session.mark(), client->session.last_seq() + 1);
    if (client->session.up_ended()) half_closed(pool, client->session.mark());
  }
}

void Seating::leaving(std::uint32_t upstream) {
  Pool& pool = pool_of(upstream);
  if (pool.ready.empty()) return;  // better told of its end than of nothing
  for (const Mark& mark : pool.work->seats.at(upstream)) {
    const Client* client = client_of(pool, mark);
    if (client != nullptr && client->session.upstream() != upstream) leave(*client, upstream);
  }
}

void Seating::open(Pool& pool, std::uint32_t upstream, const Mark& mark, std::uint64_t seq) {
  if (pool.work->seats.has(mark, upstream)) return;
  const Client* client = client_of(pool, mark);
  open_as(pool, upstream, mark,
          client != nullptr ? opening_of(*client) : wire::Opened{.resumed = true, .next_seq = seq});
}

void Seating::open_as(Pool& pool, std::uint32_t upstream, const Mark& mark,
                      const wire::Opened& opened) {
  (void)pool.work->seats.take(mark, upstream);
  link_of(upstream).append({.mark = mark}, wire::EventKind::opened, wire::encode(opened));
}

void Seating::half_closed(Pool& pool, const Mark& mark) {
  if (pool.work->waits(mark)) return;
  for (const std::uint32_t upstream : pool.work->seats.tell_half_closed(mark)) {
    link_of(upstream).append({.mark = mark}, wire::EventKind::half_closed, {});
  }
}

void Seating::close(Pool& pool, const Mark& mark, std::string_view closed) {
  for (const std::uint32_t upstream : pool.work->seats.leave_all(mark)) {
    link_of(upstream).append({.mark = mark}, wire::EventKind::closed, closed);
  }
}

void Seating::gap(Pool& pool, const Mark& mark, std::string_view gap) {
  for (const std::uint32_t upstream : pool.work->seats.of(mark)) {
    link_of(upstream).append({.mark = mark}, wire::EventKind::gap, gap);
  }
}

void Seating::leave(const Client& client, std::uint32_t upstream) {
  const Mark& mark = client.session.mark();
  if (!state_.pool_of(client).work->seats.leave(mark, upstream)) return;
  link_of(upstream).append({.mark = mark}, wire::EventKind::closed,
                           wire::encode(closing_of(client, CloseReason::moved)));
}

void Seating::leave_all(const Client& client) {
  for (const std::uint32_t upstream :
       state_.pool_of(client).work->seats.of(client.session.mark())) {
    leave(client, upstream);
  }
}

bool Seating::knows(std::uint32_t upstream, const Client& client) const {
  const auto& work = state_.pool_of(client).work;
  return work && work->seats.has(client.session.mark(), upstream);
}

bool Seating::half_close(const Client& client, std::uint32_t upstream) {
  state_.pool_of(client).work->seats.half_close(client.session.mark(), upstream);
  return is_half_closed(client);
}

bool Seating::is_half_closed(const Client& client) const {
  const Work& work = *state_.pool_of(client).work;
  return work.seats.all_half_close(client.session.mark()) && !work.waits(client.session.mark());
}

Client* Seating::client_of(const Pool& pool, const Mark& mark) const {
  Client* client = state_.clients.find(mark);
  return client != nullptr && &state_.pool_of(*client) == &pool ? client : nullptr;
}

}  // namespace waymark::proxy
