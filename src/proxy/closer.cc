#include "proxy/closer.h"

#include <cerrno>

#include "session/ending.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

void Closer::close(Client& client, CloseReason reason) {
  state_.loop.assert_in_loop_thread();
  if (client.retired) return;
  const session::Ending& ending = session::ending_of(reason);
  tell_upstream(client, reason);
  tell_observer(client, reason);
  if (client.tapped) state_.taps.end(client, reason);
  ++state_.counters.closed[static_cast<std::size_t>(reason)];
  --state_.traffic_of(client).connections;
  state_.counters.input_discarded_bytes += client.framer.unfinished_bytes();
  if (client.session.attached()) state_.detach(client);
  state_.clients.retire(client);

  if (ending.socket == session::SocketEnd::reset) return client.reset();
  if (ending.output == session::QueuedOutput::dropped) return client.close_now();
  // With the client's FIN read and nothing queued, close() by itself sends a clean FIN.
  if (client.session.up_ended() && client.queued_bytes() == 0) return client.close_now();
  const ListenerSettings& settings = *client.listener->settings;
  client.close_gently(static_cast<std::uint64_t>(settings.linger_timeout.count()),
                      static_cast<std::uint64_t>(settings.down_soft_timeout.count()));
  state_.charge(client);
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
  std::string closed = wire::encode(wire::Closed{
      .reason = reason,
      .last_seq = session.last_seq(),
      .unfinished_bytes = client.framer.unfinished_bytes(),
      .written_bytes = session.bytes_down(),
  });
  if (!session.attached()) {
    state_.pool_of(client).held_ends.push_back({session.mark(), std::move(closed)});
    return;
  }
  link::Link& link = *state_.upstream_of(client).link;
  if (link.ready()) link.append({.mark = session.mark()}, wire::EventKind::closed, closed);
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
  state_.counters.input_discarded_bytes += client.discarded_bytes();
  state_.shared.budget.remove(client.charged);
  state_.shared.connections[state_.index].fetch_sub(1, std::memory_order_relaxed);
  state_.shared.pool_connections[client.pool].fetch_sub(1, std::memory_order_relaxed);
  state_.clients.destroy(client);
}

}  // namespace waymark::proxy
