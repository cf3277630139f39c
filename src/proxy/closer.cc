#include "proxy/closer.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <vector>

#include "proxy/opening.h"
#include "session/ending.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

void Closer::close(Client& client, CloseReason reason) {
  state_.loop.assert_in_loop_thread();
  if (client.retired) return;
  const session::Ending& ending = session::ending_of(reason);
  const bool dropped = ending.output == session::QueuedOutput::dropped;
  if (dropped || client.queued_bytes() == 0) {
    outcomes_.settle(client.session.mark(), reason == CloseReason::slow_consumer
                                                ? wire::Refusal::slow_consumer
                                                : wire::Refusal::closed);
  }
  tell_upstream(client, reason);
  tell_observer(client, reason);
  if (client.tapped) state_.taps.end(client, reason);
  ++state_.counters.closed[static_cast<std::size_t>(reason)];
  --state_.traffic_of(client).connections;
  state_.counters.input_discarded_bytes += client.framer.unfinished_bytes();
  if (client.listed) state_.shared.presence.release(client.session.mark());
  give_up_marks(client);
  if (client.session.attached()) state_.detach(client);
  state_.clients.retire(client);

  if (ending.socket == session::SocketEnd::reset) return client.reset();
  if (dropped) return client.close_now();
  const ListenerSettings& settings = *client.listener->settings;
  if (ending.goodbye && !settings.goodbye.empty()) {
    const std::string_view goodbye = settings.goodbye;
    (void)client.write({&goodbye, 1});  // a broken socket is closed in a moment
  }
  // With the client's FIN read and nothing queued, close() by itself sends a clean FIN; TLS ends
  // with a close_notify before it.
  if (client.session.up_ended() && client.queued_bytes() == 0 && client.tls() == nullptr) {
    return client.close_now();
  }
  client.close_gently(static_cast<std::uint64_t>(settings.linger_timeout.count()),
                      static_cast<std::uint64_t>(settings.down_soft_timeout.count()));
  state_.charge(client);
}

void Closer::give_up_marks(Client& client) {
  if (client.arriving || client.late) give_up_pending(client);
  if (!client.incarnation) return;
  const session::Session& session = client.session;
  const std::uint64_t now_us = unix_ns() / 1'000;
  state_.shared.claims.release(session.mark(), client.incarnation->number, now_us);
  for (const Incarnation::Alias& alias : client.incarnation->aliases) {
    state_.shared.claims.release(alias.mark, alias.number, now_us);
  }
  if (session.attached() && session.share().holds_any()) {
    state_.formers[session.mark()] = {session.upstream(), session.share().held_events()};
  }
}

void Closer::give_up_pending(Client& client) {
  PendingMark& pending = client.pending();
  const auto at = state_.awaited_marks.find(pending.mark);
  if (at != state_.awaited_marks.end() && at->second == &client) state_.awaited_marks.erase(at);
  if (!pending.incarnation) return;
  state_.shared.claims.release(pending.mark, pending.incarnation->number, unix_ns() / 1'000);
  pending.incarnation.reset();
}

void Closer::forget_former(const Mark& mark) {
  outcomes_.settle(mark, wire::Refusal::closed);
  const auto at = state_.formers.find(mark);
  if (at == state_.formers.end()) return;
  state_.fleet->upstreams()[at->second.upstream].link->disown(mark);
  state_.formers.erase(at);
}

void Closer::close_broken(Client& client, int error_number) {
  if (error_number != ETIMEDOUT) return close(client, CloseReason::client_reset);
  // TCP_USER_TIMEOUT fires on data the client does not take, keepalive on silence.
  close(client,
        client.queued_bytes() > 0 ? CloseReason::slow_consumer : CloseReason::client_timeout);
}

void Closer::tell_upstream(Client& client, CloseReason reason) {
  const session::Session& session = client.session;
  if (session.epoch() == 0) return;  // never had an upstream
  std::string closed = wire::encode(closing_of(client, reason));
  if (state_.pool_of(client).work) {
    return dispatcher_.ended(client, std::move(closed));
  }
  if (client.rewound) give_what_is_held_back(client);
  if (!session.attached()) {
    state_.pool_of(client).held_ends.push_back({session.mark(), std::move(closed)});
    return;
  }
  link::Link& link = *state_.upstream_of(client).link;
  if (link.ready()) link.append(WorkerState::header_of(client), wire::EventKind::closed, closed);
}

// It has to come before its end, whatever it waits for.
void Closer::give_what_is_held_back(Client& client) {
  const Mark& mark = client.session.mark();
  give(client, state_.backlog.take(mark).events);
  give(client, state_.rewinds.take(mark).events);
}

void Closer::give(Client& client, std::vector<link::LostBatch> events) {
  if (!client.session.attached()) {
    std::vector<link::LostBatch>& stranded = state_.pool_of(client).stranded;
    std::move(events.begin(), events.end(), std::back_inserter(stranded));
    return;
  }
  link::Link& link = *state_.upstream_of(client).link;
  for (const link::LostBatch& lost : events) {
    wire::for_each_event(lost.batch, [&](const wire::Event& event) {
      wire::EventHeader header = event.header;
      if (lost.refused) header.attempt = header.attempts() + 1;
      link.append(header, event.kind, event.body.head());
      if (event.kind != wire::EventKind::payload) return;
      ++state_.counters.frames_redelivered;
      state_.await_reply(state_.upstream_of(client), header);
    });
  }
}

void Closer::tell_observer(const Client& client, CloseReason reason) {
  const session::Session& session = client.session;
  const std::string peer = client.peer.to_string();
  state_.shared.observer.connection_ended({
      .mark = session.mark(),
      .peer = peer,
      .listener = client.listener->settings->name,
      .upstream = session.attached()
                      ? std::string_view(state_.upstream_of(client).link->upstream_name())
                      : std::string_view(),
      .frames_up = session.last_seq(),
      .frames_down = session.frames_down(),
      .bytes_up = session.bytes_up(),
      .bytes_down = session.bytes_down(),
      .lasted = Millis(state_.loop.now_ms() - session.opened_at()),
      .reason = reason,
  });
}

void Closer::release(Client& client) {
  // What was still queued at its end: written by now, or not any more. Who has taken its mark has
  // receipts of his own.
  if (state_.clients.find(client.session.mark()) == nullptr) {
    outcomes_.settle(client.session.mark(), client.queued_bytes() == 0 ? wire::Refusal::unspecified
                                                                       : wire::Refusal::closed);
  }
  state_.counters.input_discarded_bytes += client.discarded_bytes();
  state_.shared.budget.remove(client.charged);
  state_.shared.budget.note_stored(client.attribute_bytes, 0);
  if (client.proxy_tlvs) state_.shared.budget.remove(client.proxy_tlvs->size());
  state_.shared.connections[state_.index].fetch_sub(1, std::memory_order_relaxed);
  state_.shared.pool_connections[client.pool].fetch_sub(1, std::memory_order_relaxed);
  if (client.counted) state_.shared.gate.leave(client.listener->index, client.peer);
  state_.clients.destroy(client);
}

}  // namespace waymark::proxy
