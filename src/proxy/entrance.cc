#include "proxy/entrance.h"

#include <memory>
#include <utility>

namespace waymark::proxy {

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
  if (arrival.tls) made->start_tls(std::move(arrival.tls));
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
  const net::TlsFacts tls = client.tls() != nullptr ? client.tls()->facts() : net::TlsFacts();
  return identity::Search(
      client.listener->settings->identity.rules,
      {.source_ip = ip,
       .proxy_tlvs = client.proxy_tlvs ? std::string_view(*client.proxy_tlvs) : std::string_view(),
       .certificate_spki = tls.spki_sha256,
       .certificate_sans = tls.alternative_names});
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
  // The frames it has seen will be read, and looked at again.
  if (search.is_open() && more_may_come && !state_.pool_of(client).work) {
    client.late = std::make_unique<LateKey>(
        LateKey{.search = search_for(client), .rules = client.listener->settings});
  }
  settle(client, search.found());
}

void Entrance::settle(Client& client, const identity::Identity& identity) {
  client.want_readable(false);
  ++state_.counters.identified[static_cast<std::size_t>(identity.source)];
  if (identity.source == identity::Source::random) return admit(client);
  claim(client, identity);
}

void Entrance::claim(Client& client, const identity::Identity& identity) {
  switch (marking_.claim(client, identity, client.arriving->pending)) {
    case Marking::Claimed::granted:
      return admit(client);
    case Marking::Claimed::awaited:
      client.arriving->deadline_ms = state_.loop.now_ms() + Marking::kFormerMs;
      client.arriving->stage = Arriving::Stage::former;
      return;
    case Marking::Claimed::refused:
      return closer_.close(client, CloseReason::duplicate);
  }
}

// With a pool that queues, what waits under a mark is of whoever has it: a newcomer comes behind.
bool Entrance::former_still_waits(const Client& client) const {
  const PendingMark& pending = client.arriving->pending;
  if (!pending.incarnation || !pending.incarnation->returning) return false;
  const auto& work = state_.pool_of(client).work;
  return work && (work->waits(pending.mark) || work->ended.contains(pending.mark) ||
                  !work->queue.may_pass(pending.mark));
}

void Entrance::admit(Client& client) {
  if (former_still_waits(client)) {
    client.arriving->stage = Arriving::Stage::queue;
    return marking_.await(client, client.arriving->pending);
  }
  const std::uint64_t ticket = client.arriving->ticket;
  if (client.arriving->pending.incarnation) {
    marking_.adopt(client, std::move(client.arriving->pending));
  }
  state_.clients.admit(client);
  place(client, ticket);
}

void Entrance::place(Client& client, std::uint64_t ticket) {
  up_.place(client, ticket);
  if (client.session.attached()) return state_.resume(client);
  up_.say_held(client);
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
          closer_.close(*client, CloseReason::client_reset);
        } else {
          admit(*client);
        }
        break;
    }
  }
}

void Entrance::close() {
  due_ = state_.clients.arriving();
  for (Client* client : due_) closer_.close(*client, CloseReason::draining);
}

}  // namespace waymark::proxy
