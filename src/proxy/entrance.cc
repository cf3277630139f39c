#include "proxy/entrance.h"

#include <memory>
#include <utility>

#include "base/unix_clock.h"

namespace waymark::proxy {
namespace {

constexpr std::uint64_t kNsPerUs = 1'000;

std::uint64_t unix_us() { return unix_ns() / kNsPerUs; }

}  // namespace

void Entrance::take_in(NewClient&& accepted) {
  Arrival arrival = std::move(accepted.arrival);
  const ListenerContext& listener = state_.layout->listeners[arrival.listener];
  const IdentitySettings& settings = listener.settings->identity;
  auto made =
      std::make_unique<Client>(poller_, arrival.fd, events_, listener, marks_.next(), arrival.peer);
  made->counted = arrival.counted;
  if (!settings.rules.empty()) {
    made->arriving = std::make_unique<Arriving>(Arriving{
        .ticket = accepted.ticket,
        .deadline_ms = state_.loop.now_ms() + static_cast<std::uint64_t>(settings.wait.count())});
  }
  Client& client = made->arriving ? state_.clients.receive(std::move(made))
                                  : state_.clients.add(std::move(made));
  if (!arrival.proxy_tlvs.empty()) {
    client.proxy_tlvs = std::make_unique<const std::string>(std::move(arrival.proxy_tlvs));
    state_.shared.budget.add(client.proxy_tlvs->size());
  }
  ListenerTraffic& traffic = state_.traffic_of(client);
  ++traffic.opened;
  ++traffic.connections;
  if (!client.arriving) return place(client, accepted.ticket);
  if (state_.draining) return closer_.close(client, CloseReason::draining);
  const identity::Search search = search_for(client);
  if (!search.is_open()) return settle(client, search.found());
  client.want_readable(true);
}

identity::Search Entrance::search_for(const Client& client) {
  const std::string ip = client.peer.host();
  return identity::Search(client.listener->settings->identity.rules,
                          {.source_ip = ip,
                           .proxy_tlvs = client.proxy_tlvs ? std::string_view(*client.proxy_tlvs)
                                                           : std::string_view()});
}

void Entrance::look(Client& client) {
  if (client.retired || client.arriving->stage != Arriving::Stage::identity) return;
  search(client, /*late=*/false);
}

// Whatever has come is looked at anew each time: nothing of a newcomer is kept.
void Entrance::search(Client& client, bool late) {
  using Kind = net::Connection::ReadResult::Kind;
  const auto got = client.peek(scratch_.data(), scratch_.size());
  if (got.kind == Kind::failed) return closer_.close_broken(client, got.error_number);
  identity::Search search = search_for(client);
  frame::Framer framer(client.framer.framing());
  const frame::Fault fault = framer.feed({scratch_.data(), got.size},
                                         [&](std::string_view frame) { search.frame(frame); });
  const bool more_may_come = got.kind != Kind::end && !client.input_complete() &&
                             fault == frame::Fault::none && got.size < scratch_.size();
  if (search.is_open() && more_may_come && !late) return;
  settle(client, search.found());
}

void Entrance::settle(Client& client, const identity::Identity& identity) {
  client.want_readable(false);
  ++state_.counters.identified[static_cast<std::size_t>(identity.source)];
  if (identity.source == identity::Source::random) return admit(client);
  claim(client, identity);
}

void Entrance::claim(Client& client, const identity::Identity& identity) {
  using Kind = Claims::Grant::Kind;
  const IdentitySettings& settings = client.listener->settings->identity;
  const bool proven = identity.trust > identity::Trust::claimed;
  Mark mark = identity::derived_mark(settings.space, identity);
  Claims::Wish wish{.mark = mark,
                    .worker = state_.index,
                    .duplicates = settings.duplicates,
                    .max_take_overs = proven ? 0 : settings.max_take_overs,
                    .now_us = unix_us()};
  Claims::Grant grant = state_.shared.claims.claim(wish);
  while (grant.kind == Kind::taken && settings.duplicates == Duplicates::allow) {
    wish.mark = mark = identity::derived_mark(settings.space, identity, wish.now_us++);
    grant = state_.shared.claims.claim(wish);
  }
  if (grant.kind != Kind::granted) return closer_.close(client, CloseReason::duplicate);

  client.session.set_mark(mark);
  client.incarnation = std::make_unique<const Incarnation>(Incarnation{.identity = identity,
                                                                       .number = grant.incarnation,
                                                                       .returning = grant.returning,
                                                                       .away_ms = grant.away_ms,
                                                                       .since_ns = unix_ns()});
  if (!grant.holder) return admit(client);
  const TakeOver order{mark, grant.incarnation, state_.index};
  if (*grant.holder == state_.index) {
    take_over(order);
    return admit(client);
  }
  client.arriving->deadline_ms = state_.loop.now_ms() + kFormerMs;
  await(client, Arriving::Stage::former);
  state_.shared.post(*grant.holder, order);
}

void Entrance::await(Client& client, Arriving::Stage stage) {
  client.arriving->stage = stage;
  waiting_[client.session.mark()] = &client;
}

void Entrance::take_over(const TakeOver& order) {
  const auto waits = waiting_.find(order.mark);
  for (Client* former :
       {waits != waiting_.end() ? waits->second : nullptr, state_.clients.find(order.mark)}) {
    if (former != nullptr && former->incarnation_number() < order.incarnation) {
      leave(*former, CloseReason::taken_over);
    }
  }
  if (order.worker == state_.index) return;
  state_.shared.post(order.worker, TakenOver{order.mark, order.incarnation});
}

void Entrance::taken_over(const TakenOver& done) {
  const auto at = waiting_.find(done.mark);
  if (at == waiting_.end() || at->second->incarnation_number() != done.incarnation) return;
  if (at->second->arriving->stage == Arriving::Stage::former) admit(*at->second);
}

// With a pool that queues, what waits under a mark is of whoever has it: a newcomer comes behind.
bool Entrance::former_still_waits(const Client& client) const {
  if (!client.incarnation || !client.incarnation->returning) return false;
  const auto& work = state_.pool_of(client).work;
  const Mark& mark = client.session.mark();
  return work && (work->waits(mark) || work->ended.contains(mark) || !work->queue.may_pass(mark));
}

void Entrance::admit(Client& client) {
  if (former_still_waits(client)) return await(client, Arriving::Stage::queue);
  waiting_.erase(client.session.mark());
  const std::uint64_t ticket = client.arriving->ticket;
  state_.clients.admit(client);
  place(client, ticket);
}

void Entrance::place(Client& client, std::uint64_t ticket) {
  up_.place(client, ticket);
  if (client.session.attached()) return state_.resume(client);
  up_.say_held(client);
}

void Entrance::leave(Client& client, CloseReason reason) {
  const auto at = waiting_.find(client.session.mark());
  if (at != waiting_.end() && at->second == &client) waiting_.erase(at);
  closer_.close(client, reason);
}

void Entrance::tick() {
  const std::uint64_t now = state_.loop.now_ms();
  due_ = state_.clients.arriving();  // a copy, because admitting one changes the table
  for (Client* client : due_) {
    if (client->retired || !client->arriving) continue;  // by what was done for one before it
    const bool late = now >= client->arriving->deadline_ms;
    switch (client->arriving->stage) {
      case Arriving::Stage::identity:
        if (late) search(*client, late);
        break;
      case Arriving::Stage::former:
        if (late) admit(*client);
        break;
      case Arriving::Stage::queue:
        if (client->peer_gone()) {
          leave(*client, CloseReason::client_reset);
        } else {
          admit(*client);
        }
        break;
    }
  }
}

void Entrance::close() {
  due_ = state_.clients.arriving();
  for (Client* client : due_) leave(*client, CloseReason::draining);
}

}  // namespace waymark::proxy
