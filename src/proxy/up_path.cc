#include "proxy/up_path.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/unix_clock.h"
#include "proxy/opening.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

void UpPath::place(Client& client, std::uint64_t ticket) {
  Pool& pool = state_.pool_of(client);
  const auto chosen = state_.pick(pool, ticket, client.session.mark());
  if (chosen) give(client, static_cast<std::uint32_t>(*chosen));
}

void UpPath::give(Client& client, std::uint32_t upstream) {
  session::Session& session = client.session;
  state_.attach(client, upstream);
  client.waiting = false;
  if (session.epoch() > 1) ++state_.counters.moved;
  if (state_.pool_of(client).work) return dispatcher_.seating().take_in(client);
  state_.send(client, WorkerState::header_of(client), wire::EventKind::opened,
              wire::encode(opening_of(client)));
}

void UpPath::say_held(Client& client) {
  const std::string& reply = state_.pool_of(client).settings->no_upstream_reply;
  if (reply.empty()) return;
  const std::string_view part = reply;
  if (!client.write({&part, 1})) return closer_.close_broken(client, client.last_error());
  state_.charge(client);
}

std::size_t UpPath::credit_of(Client& client, Upstream& upstream) {
  if (!has_memory(client)) return 0;
  const link::Link& link = *upstream.link;
  const std::size_t share = client.listener->settings->up_window;
  const std::size_t used = client.session.share().outstanding(link.written_batch());
  if (link.has_room() && used < share) return std::min(kScratch, share - used);
  pause(client, upstream);
  return 0;
}

bool UpPath::has_memory(Client& client) {
  if (state_.shared.budget.level() == MemoryBudget::Level::normal) return true;
  client.want_readable(false);
  state_.memory_paused = true;
  ++state_.counters.reads_paused_for_memory;
  return false;
}

void UpPath::pause(Client& client, Upstream& upstream) {
  client.want_readable(false);
  ++state_.counters.reads_paused;
  upstream.link->want_room();
  if (client.waiting) return;
  client.waiting = true;
  upstream.waiting.push_back(client.session.mark());
}

template <typename Put>
void UpPath::cut(Client& client, std::string_view bytes, Put&& put) {
  session::Session& session = client.session;
  const std::uint64_t received_at = WorkerState::now_of(client);
  const std::uint64_t seq_before = session.last_seq();
  bool refused_by_upstream = false;
  const frame::Fault fault = client.framer.feed(
      bytes,
      [&](std::string_view frame) {
        if (refused_by_upstream) return;  // what follows a frame that cannot go would leave a gap
        const wire::EventHeader header = number(client, frame.size(), received_at);
        if (client.tapped) show(client, header, frame);
        if (client.late) client.late->look_at(frame);
        if (put(header, frame)) return;
        ++state_.counters.frames_discarded_too_large;
        refused_by_upstream = true;
      },
      &state_.counters.input_skipped_bytes);
  session.add_input(client.framer.unfinished(), session.last_seq() != seq_before,
                    state_.loop.now_ms());
  if (fault == frame::Fault::too_large || refused_by_upstream) {
    return closer_.close(client, CloseReason::frame_too_large);
  }
  if (fault == frame::Fault::malformed) return closer_.close(client, CloseReason::frame_malformed);
  if (client.late) look_for_key(client);
  if (client.framer.unfinished() || client.charged > 0) state_.charge(client);
  if (client.farewell && session.last_seq() != seq_before) finish(client);
}

// What of the next frame has come is given up, and what may follow it stays unread.
void UpPath::finish(Client& client) {
  if (client.farewell->stage != Farewell::Stage::finishing) return;
  client.farewell->stage = Farewell::Stage::finished;
  client.want_readable(false);
}

void UpPath::read(Client& client) {
  if (client.retired || client.session.up_ended()) return;
  const bool awaits_mark = client.late && client.late->stage != LateKey::Stage::search;
  if (state_.draining || client.moving || client.rewound || awaits_mark || client.is_settling() ||
      !client.session.attached()) {
    return client.want_readable(false);
  }
  if (client.throttle) return read_throttled(client);
  read_once(client, kScratch);
}

std::size_t UpPath::read_once(Client& client, std::size_t most) {
  if (state_.pool_of(client).work) return read_dispatched(client, most);
  return read_pinned(client, state_.upstream_of(client), most);
}

void UpPath::read_throttled(Client& client) {
  const Throttle::Rates rates = client.rates();
  const std::uint64_t now = state_.loop.now_ms();
  const Throttle::Limit reached = client.throttle->reached(rates, now);
  if (reached != Throttle::Limit::none) {
    client.want_readable(false);
    if (client.throttled) return;
    client.throttled = true;
    throttled_.push_back(client.session.mark());
    ++(reached == Throttle::Limit::bytes ? state_.counters.reads_paused_for_bytes
                                         : state_.counters.reads_paused_for_frames);
    return;
  }
  const std::uint64_t seq_before = client.session.last_seq();
  const bool reads_are_frames = client.framer.framing().kind == frame::Kind::raw;
  const std::size_t most =
      std::min(kScratch, client.throttle->credit(rates, now, reads_are_frames));
  const std::size_t bytes = read_once(client, most);
  client.throttle->took(rates, bytes, client.session.last_seq() - seq_before);
}

void UpPath::tick() {
  looked_at_.swap(throttled_);
  for (const Mark& mark : looked_at_) {
    Client* client = state_.clients.find(mark);
    if (client == nullptr || !client->throttled) continue;  // another one may have its mark now
    const bool waits =
        client->throttle &&
        client->throttle->reached(client->rates(), state_.loop.now_ms()) != Throttle::Limit::none;
    if (waits) {
      throttled_.push_back(client->session.mark());
      continue;
    }
    client->throttled = false;
    if (!client->waiting) state_.resume(*client);
  }
  looked_at_.clear();
}

std::size_t UpPath::read_pinned(Client& client, Upstream& upstream, std::size_t most) {
  const std::size_t credit = std::min(most, credit_of(client, upstream));
  if (credit == 0) return 0;
  link::Link& link = *upstream.link;
  if (client.framer.framing().kind == frame::Kind::raw) return read_raw(client, upstream, credit);
  const auto got = client.read(scratch_.data(), credit);
  if (got.kind != net::Connection::ReadResult::Kind::bytes) return no_bytes(client, got);
  cut(client, {scratch_.data(), got.size},
      [&](const wire::EventHeader& header, std::string_view frame) {
        if (frame.size() > link.max_payload()) return false;
        sent(client, upstream, header,
             link.append(header, wire::EventKind::payload, frame, /*of_share=*/true));
        return true;
      });
  return got.size;
}

std::size_t UpPath::read_dispatched(Client& client, std::size_t most) {
  if (!dispatcher_.may_read(client)) {
    client.want_readable(false);
    return 0;
  }
  if (!has_memory(client)) return 0;
  const auto got = client.read(scratch_.data(), most);
  if (got.kind != net::Connection::ReadResult::Kind::bytes) return no_bytes(client, got);
  cut(client, {scratch_.data(), got.size},
      [&](const wire::EventHeader& header, std::string_view frame) {
        return dispatcher_.frame(client, header, frame);
      });
  return got.size;
}

// What one read brings is a frame: it is read where the batch wants it.
std::size_t UpPath::read_raw(Client& client, Upstream& upstream, std::size_t credit) {
  link::Link& link = *upstream.link;
  const std::size_t max_frame = client.framer.framing().max_frame_bytes;
  const std::size_t limit = std::min({credit, max_frame, link.max_payload()});
  if (limit == 0) {  // an upstream that takes no payload at all
    ++state_.counters.frames_discarded_too_large;
    closer_.close(client, CloseReason::frame_too_large);
    return 0;
  }
  const auto room = link.room_for_frame(limit);
  const auto got = client.read(room.data(), room.size());
  if (got.kind != net::Connection::ReadResult::Kind::bytes) return no_bytes(client, got);
  const wire::EventHeader header = number(client, got.size, WorkerState::now_of(client));
  if (client.tapped) show(client, header, {room.data(), got.size});
  const auto appended = link.append_in_place(header, got.size);
  sent(client, upstream, header, appended);
  client.session.add_input(false, true, state_.loop.now_ms());
  if (client.late) {
    client.late->look_at({room.data(), got.size});
    look_for_key(client);
  }
  return got.size;
}

// It is claimed once all events under the mark the client has now are done (late_keys.h).
void UpPath::look_for_key(Client& client) {
  LateKey& late = *client.late;
  if (late.stage != LateKey::Stage::search || late.key->search.is_open()) return;
  late.found = late.key->search.found();
  if (late.found.source == identity::Source::random) return client.late.reset();
  late.stage = LateKey::Stage::quiet;
  client.want_readable(false);
  state_.late_keys.push_back(client.session.mark());
}

std::size_t UpPath::no_bytes(Client& client, const net::Connection::ReadResult& got) {
  if (got.kind == net::Connection::ReadResult::Kind::end) {
    end(client);
  } else if (got.kind == net::Connection::ReadResult::Kind::failed) {
    closer_.close_broken(client, got.error_number);
  }
  return 0;
}

wire::EventHeader UpPath::number(Client& client, std::size_t size, std::uint64_t received_at) {
  ListenerTraffic& traffic = state_.traffic_of(client);
  ++traffic.frames_up;
  traffic.bytes_up += size;
  const std::uint64_t seq = client.session.add_frame(size, state_.loop.now_ms());
  return {.mark = client.session.mark(), .seq = seq, .received_at = received_at};
}

void UpPath::sent(Client& client, Upstream& upstream, const wire::EventHeader& header,
                  const link::Appended& appended) {
  WorkerState::note_sent(client, *upstream.link, appended);
  state_.await_reply(upstream, header);
  client.session.answers().frame(appended.delivery != 0 ? appended.delivery : header.seq,
                                 header.received_at);
}

void UpPath::show(const Client& client, const wire::EventHeader& header,
                  std::string_view frame) const {
  state_.taps.show(client, TapFrame::Direction::up, header.seq, header.received_at,
                   wire::Bytes(frame));
}

void UpPath::end(Client& client) {
  client.want_readable(false);
  client.session.end_up(state_.loop.now_ms());
  send_half_closed(client);
  if (client.session.both_ended()) closer_.close(client, CloseReason::client_closed);
}

void UpPath::send_half_closed(Client& client) {
  Pool& pool = state_.pool_of(client);
  if (pool.work) return dispatcher_.seating().half_closed(pool, client.session.mark());
  state_.send(client, WorkerState::header_of(client), wire::EventKind::half_closed, {});
}

void UpPath::on_room(Upstream& upstream, std::uint32_t index) {
  // Each waits for at most one turn, so that one that fills its share again cannot starve others.
  for (std::size_t turns = upstream.waiting.size(); turns > 0 && upstream.link->has_room();
       --turns) {
    Client* client = state_.clients.find(upstream.waiting.front());
    upstream.waiting.pop_front();
    if (client == nullptr || !client->waiting || client->session.upstream() != index) continue;
    client->waiting = false;
    client->session.resume_reading(state_.loop.now_ms());
    read(*client);
    if (!client->waiting) state_.resume(*client);
  }
  if (!upstream.waiting.empty()) upstream.link->want_room();
}

void UpPath::on_memory() {
  if (!state_.memory_paused) return;
  if (state_.shared.budget.level() != MemoryBudget::Level::normal) return;
  state_.memory_paused = false;
  for (Client* client : state_.clients.live()) {
    if (!client->waiting) state_.resume(*client);
  }
}

}  // namespace waymark::proxy
