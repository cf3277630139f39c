#include "proxy/entrance.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "identity/proxy_header.h"

namespace waymark::proxy {

void Entrance::take_in(NewClient&& accepted) {
  Arrival arrival = std::move(accepted.arrival);
  const ListenerContext& listener = state_.layout->listeners[arrival.listener];
  const IdentitySettings& settings = listener.settings->identity;
  auto made =
      std::make_unique<Client>(poller_, arrival.fd, events_, listener, marks_.next(), arrival.peer);
  made->counted = arrival.counted;
  if (arrival.tls) made->start_tls(std::move(arrival.tls));
  if (!arrival.proxy_tlvs.empty()) {
    made->proxy_tlvs = std::make_unique<const std::string>(std::move(arrival.proxy_tlvs));
    state_.shared.budget.add(made->proxy_tlvs->size());
  }
  if (!settings.rules.empty() || !listener.settings->routes.empty()) {
    made->arriving = std::make_unique<Arriving>(Arriving{
        .ticket = accepted.ticket,
        .deadline_ms = state_.loop.now_ms() + static_cast<std::uint64_t>(settings.wait.count()),
        .key = search_for(*made)});
  }
  Client& client = made->arriving ? state_.clients.receive(std::move(made))
                                  : state_.clients.add(std::move(made));
  ListenerTraffic& traffic = state_.traffic_of(client);
  ++traffic.opened;
  ++traffic.connections;
  if (!client.arriving) return place(client, accepted.ticket);
  if (state_.draining) return closer_.close(client, CloseReason::draining);
  Arriving& arriving = *client.arriving;
  arriving.routed = route(client, {}, /*more=*/true);
  if (arriving.routed && !arriving.key.search.is_open()) {
    return settle(client, arriving.key.search.found());
  }
  client.want_readable(true);
}

// Of the rules its listener has now. False: more of its bytes have to come.
bool Entrance::route(Client& client, std::string_view bytes, bool more) {
  const ListenerContext& listener = *client.listener;
  std::string authority;
  if (client.proxy_tlvs) {
    constexpr std::uint8_t kAuthority = 0x02;
    identity::for_each_tlv(*client.proxy_tlvs, [&](std::uint8_t type, std::string_view value) {
      if (type == kAuthority) authority = value;
    });
  }
  const PoolRoute::Facts facts{.sni = client.tls() != nullptr ? client.tls()->sni() : "",
                               .authority = authority,
                               .source = client.peer,
                               .bytes = bytes,
                               .more = more};
  const std::vector<PoolRoute>& routes = listener.settings->routes;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const PoolRoute::Match match = routes[i].match(facts);
    if (match == PoolRoute::Match::undecided) return false;
    if (match == PoolRoute::Match::no) continue;
    client.routed = true;
    state_.set_pool(client, listener.route_pools[i]);
    client.arriving->ticket = state_.pool_of(client).next_move++;
    break;
  }
  return true;
}

KeySearch Entrance::search_for(const Client& client) {
  const std::string ip = client.peer.host();
  const auto& settings = client.listener->settings;
  const bool wants_certificate =
      std::ranges::any_of(settings->identity.rules, [](const identity::Rule& rule) {
        return std::holds_alternative<identity::CertificateRule>(rule.how);
      });
  const net::TlsFacts tls =
      wants_certificate && client.tls() != nullptr ? client.tls()->facts() : net::TlsFacts();
  return {settings,
          identity::Search(settings->identity.rules,
                           {.source_ip = ip,
                            .proxy_tlvs = client.proxy_tlvs ? std::string_view(*client.proxy_tlvs)
                                                            : std::string_view(),
                            .certificate_spki = tls.spki_sha256,
                            .certificate_sans = tls.alternative_names})};
}

void Entrance::look(Client& client) {
  if (client.retired || client.arriving->stage != Arriving::Stage::identity) return;
  search(client, /*late=*/false);
}

// Nothing of a newcomer is kept: each time its bytes are in front of us from the first one on.
// Whole frames are looked at once.
void Entrance::search(Client& client, bool late) {
  using Kind = net::Connection::ReadResult::Kind;
  Arriving& arriving = *client.arriving;
  identity::Search& search = arriving.key.search;
  const auto got = client.peek(scratch_.data(), scratch_.size());
  if (got.kind == Kind::failed) return closer_.close_broken(client, got.error_number);
  if (client.tls() != nullptr) state_.charge(client);
  frame::Fault fault = frame::Fault::none;
  if (got.size > arriving.looked_at) {
    const std::string_view news(scratch_.data() + arriving.looked_at,
                                got.size - arriving.looked_at);
    frame::Framer framer(client.framer.framing());
    fault = framer.feed(news, [&](std::string_view frame) { search.frame(frame); });
    arriving.looked_at += news.size() - std::min(news.size(), framer.unfinished_bytes());
  }
  const bool more_may_come = got.kind != Kind::end && !client.input_complete() &&
                             fault == frame::Fault::none && got.size < scratch_.size();
  const bool goes_on = more_may_come && !late;
  if (!arriving.routed) {
    arriving.routed = route(client, {scratch_.data(), got.size}, goes_on);
    if (!arriving.routed) return;
  }
  if (search.is_open() && goes_on) return;
  // The frames it has seen will be read, and looked at again.
  const bool may_come_late =
      search.is_open() && more_may_come && search.found().source == identity::Source::random;
  if (may_come_late) client.late = std::make_unique<LateKey>(LateKey{.key = search_for(client)});
  settle(client, identity::Identity(search.found()));
}

void Entrance::settle(Client& client, const identity::Identity& identity) {
  client.want_readable(false);
  if (client.listener->settings->identity.rules.empty()) return admit(client);
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

// What comes again, or waits, under its mark is of the connection that had it before: whose opening
// and end are to come before its own.
bool Entrance::leaves_something(const PendingMark& pending, const Pool& pool) const {
  const Mark& mark = pending.mark;
  if (state_.formers.contains(mark) || state_.rewinds.holds(mark) || state_.backlog.holds(mark)) {
    return true;
  }
  const auto& work = pool.work;
  return work && (work->waits(mark) || work->ended.contains(mark) || !work->queue.may_pass(mark));
}

void Entrance::admit(Client& client) {
  Arriving& arriving = *client.arriving;
  if (arriving.pending.incarnation) {
    const Pool& pool = state_.pool_of(client);
    const bool again = arriving.stage == Arriving::Stage::leftovers;
    const bool late = again && !pool.work && state_.loop.now_ms() >= arriving.deadline_ms;
    if (!late && leaves_something(arriving.pending, pool)) {
      if (again) return;
      arriving.stage = Arriving::Stage::leftovers;
      arriving.deadline_ms = state_.loop.now_ms() + kLeftoversMs;
      return marking_.await(client, arriving.pending);
    }
    closer_.forget_former(arriving.pending.mark);
    marking_.adopt(client, std::move(arriving.pending));
  }
  const std::uint64_t ticket = arriving.ticket;
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
      case Arriving::Stage::leftovers:
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
