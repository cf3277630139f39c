#include "proxy/handshakes.h"

#include <unistd.h>

#include <utility>

namespace waymark::proxy {

using Result = TlsHandshakeResult;

namespace {

// Handshakes that begin in one millisecond of the loop: each signs with the private key.
constexpr int kAtOnce = 8;
constexpr int kAtOnceByTick = 64;
constexpr unsigned kTicksPerLook = 10;  // at those who wait, which is a system call each

}  // namespace

void Handshakes::take(NewClient&& client) {
  const std::size_t listener = client.arrival.listener;
  guests_.emplace_back(poller_, *this, std::move(client));
  Guest& guest = guests_.back();
  guest.place = std::prev(guests_.end());
  guest.pool = state_.layout->listeners[listener].pool;
  guest.deadline_ms = deadline_of(guest);
  guest.want_readable(true);
  if (!state_.draining) return;
  guest.stage = Stage::over;
  guest.close_now();
}

const ListenerContext& Handshakes::listener_of(const Guest& guest) const {
  return state_.layout->listeners[guest.client.arrival.listener];
}

std::uint64_t Handshakes::deadline_of(const Guest& guest) const {
  const auto& tls = listener_of(guest).settings->tls;
  const Millis timeout = tls ? tls->handshake_timeout : TlsSettings().handshake_timeout;
  return state_.loop.now_ms() + static_cast<std::uint64_t>(timeout.count());
}

bool Handshakes::take_turn() {
  std::atomic<std::size_t>& running = state_.shared.tls_handshakes;
  if (running.fetch_add(1, std::memory_order_relaxed) <
      state_.shared.max_tls_handshakes.load(std::memory_order_relaxed)) {
    return true;
  }
  running.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool Handshakes::may_begin() {
  const std::uint64_t now = state_.loop.now_ms();
  if (std::exchange(begun_at_ms_, now) != now) begun_ = 0;
  return begun_++ < kAtOnce;
}

void Handshakes::readable(net::Connection& connection) {
  auto& guest = static_cast<Guest&>(connection);
  switch (guest.stage) {
    case Stage::silent:
      if (waiting_.empty() && may_begin() && take_turn()) return begin(guest);
      guest.stage = Stage::waiting;
      guest.deadline_ms = deadline_of(guest);
      guest.turn = waiting_.insert(waiting_.end(), &guest);
      guest.want_readable(false);
      return;
    case Stage::called:
      return begin(guest);
    case Stage::shaking:
      return go_on(guest);
    default:
      guest.want_readable(false);
      return;
  }
}

// The listener's certificates may have been changed since it came.
void Handshakes::begin(Guest& guest) {
  guest.stage = Stage::shaking;
  guest.deadline_ms = deadline_of(guest);
  const auto& context = listener_of(guest).tls;
  if (!context) return fail(guest, Result::failed);  // a reload has taken TLS away
  guest.start_tls(context);
  go_on(guest);
}

void Handshakes::go_on(Guest& guest) {
  switch (guest.shake_hands()) {
    case net::TlsSession::Step::waits:
      return;
    case net::TlsSession::Step::done:
      if (guest.queued_bytes() == 0) return finish(guest);
      guest.stage = Stage::flushing;
      return guest.want_readable(false);
    case net::TlsSession::Step::untrusted:
      return fail(guest, Result::untrusted);
    case net::TlsSession::Step::failed:
      return fail(guest, Result::failed);
    case net::TlsSession::Step::ended:
      return fail(guest, Result::ended);
  }
}

void Handshakes::drained(net::Connection& connection) {
  auto& guest = static_cast<Guest&>(connection);
  if (guest.stage == Stage::flushing) finish(guest);
}

void Handshakes::broken(net::Connection& connection, int) {
  auto& guest = static_cast<Guest&>(connection);
  if (guest.stage == Stage::over) return guest.close_now();
  fail(guest, Result::ended);
}

// From here on it is counted by whoever takes it in, in the pool its listener has now.
void Handshakes::finish(Guest& guest) {
  NewClient client = std::move(guest.client);
  guest.client.arrival.fd = -1;
  client.arrival.tls = guest.give_away();
  ++state_.counters.tls_handshakes[static_cast<std::size_t>(Result::accepted)];
  const std::size_t pool = state_.layout->listeners[client.arrival.listener].pool;
  state_.shared.pool_connections[guest.pool].fetch_sub(1, std::memory_order_relaxed);
  state_.shared.pool_connections[pool].fetch_add(1, std::memory_order_relaxed);
  end(guest);
  on_done_(std::move(client));
  call_waiting(kAtOnce);
}

void Handshakes::end(Guest& guest) {
  const bool has_turn = guest.stage == Stage::called || guest.stage == Stage::shaking ||
                        guest.stage == Stage::flushing;
  if (has_turn) state_.shared.tls_handshakes.fetch_sub(1, std::memory_order_relaxed);
  if (guest.stage == Stage::waiting) waiting_.erase(guest.turn);
  guest.stage = Stage::over;
}

// What is wrong is told by an alert, which an RST would overtake.
void Handshakes::fail(Guest& guest, Result result) {
  ++state_.counters.tls_handshakes[static_cast<std::size_t>(result)];
  end(guest);
  if (result == Result::ended || result == Result::late) {
    guest.close_now();
  } else {
    const auto linger =
        static_cast<std::uint64_t>(listener_of(guest).settings->linger_timeout.count());
    guest.close_gently(linger, linger);
  }
  call_waiting(kAtOnce);
}

// They begin one after the other, in the passes that follow.
void Handshakes::call_waiting(int most) {
  for (int called = 0; called < most && !waiting_.empty() && take_turn(); ++called) {
    Guest& guest = *waiting_.front();
    waiting_.pop_front();
    guest.stage = Stage::called;
    guest.deadline_ms = deadline_of(guest);
    guest.want_readable(true);
  }
}

void Handshakes::released(net::Connection& connection) {
  auto& guest = static_cast<Guest&>(connection);
  if (guest.client.arrival.fd >= 0) {
    state_.shared.connections[state_.index].fetch_sub(1, std::memory_order_relaxed);
    state_.shared.pool_connections[guest.pool].fetch_sub(1, std::memory_order_relaxed);
    const Arrival& arrival = guest.client.arrival;
    if (arrival.counted) state_.shared.gate.leave(arrival.listener, arrival.peer);
  }
  guests_.erase(guest.place);
}

void Handshakes::tick() {
  const std::uint64_t now = state_.loop.now_ms();
  const bool look_for_gone = ++ticks_ % kTicksPerLook == 0;
  for (Guest& guest : guests_) {
    switch (guest.stage) {
      case Stage::over:
        guest.check_deadline(now);
        break;
      case Stage::waiting:
        if (now >= guest.deadline_ms) {
          fail(guest, Result::late);
        } else if (look_for_gone && guest.peer_gone()) {
          fail(guest, Result::ended);
        }
        break;
      default:
        if (now >= guest.deadline_ms) fail(guest, Result::late);
        break;
    }
  }
  call_waiting(kAtOnceByTick);
}

void Handshakes::close() {
  for (Guest& guest : guests_) {
    end(guest);
    guest.close_now();
  }
}

}  // namespace waymark::proxy
