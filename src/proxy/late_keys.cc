#include "proxy/late_keys.h"

#include <utility>

#include "proxy/opening.h"

namespace waymark::proxy {

void LateKeys::tick() {
  for (const Mark& mark : std::exchange(state_.late_keys, {})) {
    Client* client = state_.clients.find(mark);
    if (client == nullptr || !client->late) continue;
    if (client->late->stage == LateKey::Stage::former) {
      if (state_.loop.now_ms() >= client->late->deadline_ms) {
        go_on(*client);
        continue;
      }
    } else if (is_quiet(*client)) {
      claim(*client);
      if (client->retired || !client->late) continue;
    }
    state_.late_keys.push_back(mark);
  }
}

// Nothing of it is on its way, waits, or could come again.
bool LateKeys::is_quiet(Client& client) const {
  if (!client.session.attached() || client.moving || client.rewound) return false;
  const Upstream& upstream = state_.upstream_of(client);
  const session::Share& share = client.session.share();
  return !share.holds_any() && share.outstanding(upstream.link->written_batch()) == 0;
}

void LateKeys::claim(Client& client) {
  switch (marking_.claim(client, client.late->search.found(), client.late->pending)) {
    case Marking::Claimed::granted:
      return go_on(client);
    case Marking::Claimed::awaited:
      client.late->stage = LateKey::Stage::former;
      client.late->deadline_ms = state_.loop.now_ms() + Marking::kFormerMs;
      return;
    case Marking::Claimed::refused:
      return closer_.close(client, CloseReason::duplicate);
  }
}

void LateKeys::go_on(Client& client) {
  const Mark old = client.session.mark();
  PendingMark pending = std::move(client.late->pending);
  client.late.reset();
  if (client.incarnation) {
    state_.shared.claims.release(old, client.incarnation->number, unix_ns() / 1'000);
  }
  pending.incarnation->alias = old;
  state_.clients.rename(client, [&] { marking_.adopt(client, std::move(pending)); });
  if (client.listed) state_.shared.presence.rename(old, client.session.mark());
  ++state_.counters.identified[static_cast<std::size_t>(client.incarnation->identity.source)];
  if (!client.session.attached()) return;  // whoever serves it next is told with its opening
  state_.send(client, WorkerState::header_of(client), wire::EventKind::marked,
              wire::encode(marking_of(client, old)));
  state_.resume(client);
}

}  // namespace waymark::proxy
