#include "proxy/late_keys.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "proxy/opening.h"

namespace waymark::proxy {

wire::Refusal LateKeys::tell(Client& client, const std::string& key) {
  if (must_stay(client)) return wire::Refusal::not_supported;
  const identity::Identity told{identity::Source::upstream, identity::Trust::vouched, key};
  const bool pending = client.late && client.late->stage != LateKey::Stage::search;
  if (pending && client.late->found == told) return wire::Refusal::unspecified;
  if (key.empty() || (client.incarnation && client.incarnation->identity == told)) {
    if (pending) stay(client);  // the last word counts
    return confirm(client);
  }
  if (client.incarnation && client.incarnation->aliases.size() >= kMostAliases) {
    return wire::Refusal::too_many;
  }
  if (client.late) closer_.give_up_pending(client);
  client.late = std::make_unique<LateKey>(LateKey{.stage = LateKey::Stage::quiet, .found = told});
  client.want_readable(false);
  if (!pending) state_.late_keys.push_back(client.session.mark());
  return wire::Refusal::unspecified;
}

wire::Refusal LateKeys::confirm(Client& client) const {
  if (!client.incarnation) return wire::Refusal::invalid;
  for (const std::uint32_t upstream : upstreams_of(client)) {
    if (!takes_answers(*state_.fleet->upstreams()[upstream].link)) {
      return wire::Refusal::upstream_busy;
    }
  }
  identity::Trust& trust = client.incarnation->identity.trust;
  trust = std::max(trust, identity::Trust::vouched);
  tell_upstreams(client, client.session.mark());
  return wire::Refusal::unspecified;
}

void LateKeys::tick() {
  outstanding_.clear();
  for (const Mark& mark : std::exchange(state_.late_keys, {})) {
    Client* client = state_.clients.find(mark);
    const bool waits = client != nullptr && client->session.mark() == mark && client->late &&
                       client->late->stage != LateKey::Stage::search;
    if (waits && go_on(*client)) state_.late_keys.push_back(mark);
  }
}

bool LateKeys::go_on(Client& client) {
  LateKey& late = *client.late;
  if (must_stay(client)) {
    stay(client);
    return false;
  }
  if (late.stage == LateKey::Stage::former && state_.loop.now_ms() >= late.deadline_ms) {
    late.stage = LateKey::Stage::granted;
  }
  if (late.stage == LateKey::Stage::former || !is_quiet(client)) return true;
  if (late.stage == LateKey::Stage::quiet && !claim(client)) return false;
  if (late.stage == LateKey::Stage::former || waits_for_former(client)) return true;
  rename(client);
  return false;
}

std::vector<std::uint32_t> LateKeys::upstreams_of(const Client& client) const {
  const auto& work = state_.pool_of(client).work;
  if (work) return work->seats.of(client.session.mark());
  if (!client.session.attached()) return {};
  return {client.session.upstream()};
}

bool LateKeys::must_stay(const Client& client) const {
  return std::ranges::any_of(upstreams_of(client), [this](std::uint32_t upstream) {
    return state_.fleet->upstreams()[upstream].link->protocol() == link::ProtocolKind::legacy;
  });
}

void LateKeys::stay(Client& client) {
  closer_.give_up_pending(client);
  client.late.reset();
  state_.resume(client);
}

// Nothing of it is on its way, waits, or could come again.
bool LateKeys::is_quiet(Client& client) {
  if (!client.session.attached() || client.moving || client.rewound) return false;
  const Mark& mark = client.session.mark();
  if (const auto& work = state_.pool_of(client).work) {
    if (work->waits(mark) || !work->queue.may_pass(mark)) {
      client.late->last_batches.clear();  // what waits goes out later
      return false;
    }
    return std::ranges::all_of(work->seats.of(mark), [&](std::uint32_t upstream) {
      return is_quiet_at(upstream, mark, *client.late);
    });
  }
  const session::Share& share = client.session.share();
  const link::Link& link = *state_.upstream_of(client).link;
  return !share.holds_any() && share.outstanding(link.settled_batch()) == 0;
}

bool LateKeys::is_quiet_at(std::uint32_t upstream, const Mark& mark, LateKey& late) {
  const link::Link& link = *state_.fleet->upstreams()[upstream].link;
  if (!link.acks()) {
    const auto last = late.last_batches.try_emplace(upstream, link.newest_batch()).first;
    return static_cast<std::int32_t>(last->second - link.settled_batch()) <= 0;
  }
  const auto [at, is_new] = outstanding_.try_emplace(upstream);
  if (is_new) {
    link.ledger().for_each([&at](std::uint64_t, const ChunkRange& range, bool) {
      at->second.insert(wire::header_of_entry(range.bytes()).mark);
    });
  }
  return !at->second.contains(mark);
}

bool LateKeys::waits_for_former(const Client& client) const {
  const auto& work = state_.pool_of(client).work;
  const Mark& mark = client.late->pending.mark;
  return work && (work->waits(mark) || work->ended.contains(mark) || !work->queue.may_pass(mark) ||
                  !work->seats.of(mark).empty());
}

bool LateKeys::claim(Client& client) {
  LateKey& late = *client.late;
  const identity::Identity& key = late.found;
  marking_.give_up_alias(client, derived_mark(client.listener->settings->identity.space, key));
  switch (marking_.claim(client, late.found, late.pending)) {
    case Marking::Claimed::granted:
      late.stage = LateKey::Stage::granted;
      return true;
    case Marking::Claimed::awaited:
      late.stage = LateKey::Stage::former;
      late.deadline_ms = state_.loop.now_ms() + Marking::kFormerMs;
      return true;
    case Marking::Claimed::refused:
      closer_.close(client, CloseReason::duplicate);
      return false;
  }
  return false;
}

void LateKeys::rename(Client& client) {
  const Mark old = client.session.mark();
  PendingMark pending = std::move(client.late->pending);
  client.late.reset();
  closer_.forget_former(pending.mark);
  // The claim on a derived mark stays: whoever claims it next takes it over, and its alias goes.
  if (client.incarnation) pending.incarnation->aliases = std::move(client.incarnation->aliases);
  pending.incarnation->aliases.push_back({old, client.incarnation_number()});
  state_.clients.rename(client, [&] { marking_.adopt(client, std::move(pending)); });
  const Mark& mark = client.session.mark();
  if (client.listed) state_.shared.presence.rename(old, mark);
  if (client.tapped) state_.taps.rename(old, mark);
  outcomes_.rename(old, mark);
  leaver_.renamed(client);
  client.waiting = client.throttled = false;  // it stands in lists under its old mark
  ++state_.counters.identified[static_cast<std::size_t>(client.incarnation->identity.source)];
  if (const auto& work = state_.pool_of(client).work) work->seats.rename(old, mark);
  tell_upstreams(client, old);
  state_.resume(client);
}

void LateKeys::tell_upstreams(Client& client, const Mark& old) const {
  const std::string marked = wire::encode(marking_of(client, old));
  const wire::EventHeader header = WorkerState::header_of(client);
  if (!state_.pool_of(client).work) {
    if (client.session.attached()) state_.send(client, header, wire::EventKind::marked, marked);
    return;
  }
  for (const std::uint32_t upstream : upstreams_of(client)) {
    state_.fleet->upstreams()[upstream].link->append(header, wire::EventKind::marked, marked);
  }
}

}  // namespace waymark::proxy
