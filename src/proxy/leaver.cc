#include "proxy/leaver.h"

#include <memory>
#include <utility>

#include "session/spread.h"

namespace waymark::proxy {

bool Leaver::schedule(Client& client, CloseReason reason, std::uint64_t spread) {
  if (client.retired) return false;
  const Mark& mark = client.session.mark();
  const std::uint64_t due = state_.loop.now_ms() + session::place_of(mark, spread);
  const auto& planned = client.farewell;
  if (planned && (planned->stage != Farewell::Stage::scheduled || planned->due_ms <= due)) {
    return false;
  }
  client.farewell = std::make_unique<Farewell>(Farewell{.reason = reason, .due_ms = due});
  departures_.add({.due = due, .mark = mark});
  return true;
}

void Leaver::schedule_all(CloseReason reason, std::uint64_t spread) {
  for (Client* client : state_.clients.live()) {
    const bool planned = client->farewell && client->farewell->stage == Farewell::Stage::scheduled;
    if (planned) client->farewell.reset();
    (void)schedule(*client, reason, spread);
  }
}

void Leaver::renamed(const Client& client) {
  if (!client.farewell) return;
  if (client.farewell->stage == Farewell::Stage::scheduled) {
    departures_.add({.due = client.farewell->due_ms, .mark = client.session.mark()});
  } else {
    on_their_way_.push_back(client.session.mark());
  }
}

void Leaver::tick() {
  const std::uint64_t now = state_.loop.now_ms();
  while (const auto departure = departures_.take(now)) {
    Client* client = state_.clients.find(departure->mark);
    const bool due = client != nullptr && client->farewell &&
                     client->farewell->stage == Farewell::Stage::scheduled &&
                     client->farewell->due_ms <= now;
    if (due) begin(*client);
  }
  for (const Mark& mark : std::exchange(on_their_way_, {})) {
    Client* client = state_.clients.find(mark);
    const bool leaves = client != nullptr && client->farewell &&
                        client->farewell->stage != Farewell::Stage::scheduled;
    if (leaves && !carry_on(*client)) on_their_way_.push_back(mark);
  }
}

void Leaver::begin(Client& client) {
  if (client.framer.unfinished() && !client.session.up_ended()) {
    const Millis timeout = client.listener->settings->frame_timeout;
    client.farewell->stage = Farewell::Stage::finishing;
    client.farewell->due_ms = state_.loop.now_ms() + static_cast<std::uint64_t>(timeout.count());
  } else {
    settle(client);
  }
  on_their_way_.push_back(client.session.mark());
}

void Leaver::settle(Client& client) {
  const Millis timeout = state_.pool_of(client).settings->leave_timeout;
  client.farewell->stage = Farewell::Stage::settling;
  client.farewell->due_ms = state_.loop.now_ms() + static_cast<std::uint64_t>(timeout.count());
  client.want_readable(false);
}

bool Leaver::carry_on(Client& client) {
  const Farewell& farewell = *client.farewell;
  const bool late = state_.loop.now_ms() >= farewell.due_ms;
  if (farewell.stage < Farewell::Stage::settling) {
    const bool finishing = farewell.stage == Farewell::Stage::finishing;
    if (finishing && !client.session.up_ended() && !late) return false;
    settle(client);
  } else if (late) {
    closer_.close(client, farewell.reason);
    return true;
  }
  if (!is_answered(client)) return false;
  closer_.close(client, farewell.reason);
  return true;
}

bool Leaver::is_answered(const Client& client) const {
  if (client.rewound || client.moving) return false;
  const session::Session& session = client.session;
  if (!session.attached()) return true;
  const auto& work = state_.pool_of(client).work;
  if (work && work->waits(session.mark())) return false;
  const link::Link& link = *state_.upstream_of(client).link;
  if (!work && link.acks()) return !session.share().holds_any();
  if (session.share().outstanding(link.written_batch()) > 0) return false;
  return session.silent_for(state_.loop.now_ms()) >= state_.shared.quiet_ms;
}

}  // namespace waymark::proxy
