#include "proxy/late_keys.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/unix_clock.h"
#include "proxy/opening.h"

namespace waymark::proxy {

wire::Refusal LateKeys::tell(Client& client, const std::string& key) {
  if (must_stay(client)) return wire::Refusal::not_supported;
  const identity::Identity told{identity::Source::upstream, identity::Trust::vouched, key};
  if (key.empty() || (client.incarnation && client.incarnation->identity == told)) {
    return confirm(client);
  }
  if (client.incarnation && client.incarnation->aliases.size() >= kMostAliases) {
    return wire::Refusal::too_many;
  }
  const bool listed = client.late && client.late->stage != LateKey::Stage::search;
  if (client.late) closer_.give_up_pending(client);
  client.late = std::make_unique<LateKey>(LateKey{.stage = LateKey::Stage::quiet, .found = told});
  client.want_readable(false);
  if (!listed) state_.late_keys.push_back(client.session.mark());
  return wire::Refusal::unspecified;
}

wire::Refusal LateKeys::confirm(Client& client) const {
  if (!client.incarnation || !client.session.attached()) return wire::Refusal::invalid;
  identity::Trust& trust = client.incarnation->identity.trust;
  trust = std::max(trust, identity::Trust::vouched);
  state_.send(client, WorkerState::header_of(client), wire::EventKind::marked,
              wire::encode(marking_of(client, client.session.mark())));
  return wire::Refusal::unspecified;
}

void LateKeys::tick() {
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
  if (late.stage == LateKey::Stage::former) return true;
  rename(client);
  return false;
}

bool LateKeys::must_stay(const Client& client) const {
  if (state_.pool_of(client).work) return true;
  return client.session.attached() &&
         state_.upstream_of(client).link->protocol() == link::ProtocolKind::legacy;
}

void LateKeys::stay(Client& client) {
  closer_.give_up_pending(client);
  client.late.reset();
  state_.resume(client);
}

// Nothing of it is on its way, waits, or could come again.
bool LateKeys::is_quiet(Client& client) const {
  if (!client.session.attached() || client.moving || client.rewound) return false;
  const session::Share& share = client.session.share();
  const link::Link& link = *state_.upstream_of(client).link;
  return !share.holds_any() && share.outstanding(link.settled_batch()) == 0;
}

bool LateKeys::claim(Client& client) {
  LateKey& late = *client.late;
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
  if (client.incarnation) {  // whose claim on the old mark ends here
    state_.shared.claims.release(old, client.incarnation->number, unix_ns() / 1'000);
    pending.incarnation->aliases = std::move(client.incarnation->aliases);
  }
  pending.incarnation->aliases.push_back({old, client.incarnation_number()});
  state_.clients.rename(client, [&] { marking_.adopt(client, std::move(pending)); });
  const Mark& mark = client.session.mark();
  if (client.listed) state_.shared.presence.rename(old, mark);
  if (client.tapped) state_.taps.rename(old, mark);
  outcomes_.rename(old, mark);
  ++state_.counters.identified[static_cast<std::size_t>(client.incarnation->identity.source)];
  state_.send(client, WorkerState::header_of(client), wire::EventKind::marked,
              wire::encode(marking_of(client, old)));
  state_.resume(client);
}

}  // namespace waymark::proxy
