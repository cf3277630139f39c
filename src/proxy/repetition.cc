#include "proxy/repetition.h"

#include <algorithm>
#include <utility>

#include "wire/lifecycle.h"

namespace waymark::proxy {
namespace {

bool is_of_a_client(wire::EventKind kind) {
  return kind == wire::EventKind::payload || kind == wire::EventKind::opened ||
         kind == wire::EventKind::half_closed || kind == wire::EventKind::closed ||
         kind == wire::EventKind::gap;
}

}  // namespace

bool Repetition::concerns(const wire::EventHeader& event, Whose whose) const {
  if (whose == Whose::all) return true;
  const bool former =
      state_.client_of(event) == nullptr && state_.clients.find(event.mark) != nullptr;
  return former == (whose == Whose::formers);
}

void Repetition::write(const std::vector<link::LostBatch>& batches, Whose whose) {
  for (const link::LostBatch& lost : batches) {
    const bool drop_frames =
        lost.in_doubt && !lost.acked && pool_.settings->on_doubt == OnDoubt::drop;
    bool behind_a_refused_one = false;
    wire::for_each_event(lost.batch, [&](const wire::Event& event) {
      if (!is_of_a_client(event.kind)) return;
      if (drop_frames && event.kind == wire::EventKind::payload) {
        if (concerns(event.header, whose)) ++state_.counters.frames_discarded_in_doubt;
        return;
      }
      if (concerns(event.header, whose)) {
        once_more(event, lost.in_doubt, behind_a_refused_one);
      }
      behind_a_refused_one = lost.refused;
    });
  }
}

// Nobody refused what only stands behind a refused frame: that does not count as an attempt.
void Repetition::once_more(const wire::Event& event, bool may_have_arrived, bool no_attempt) {
  wire::Event repeated = event;
  std::uint32_t& attempt = repeated.header.attempt;
  if (may_have_arrived) attempt = event.header.attempts() + 1;
  if (no_attempt) attempt = std::max<std::uint32_t>(2, event.header.attempt);
  if (event.kind != wire::EventKind::payload) return send(repeated);
  if (attempt > pool_.settings->max_attempts) {
    return give_up(event, DeadLetter::Reason::max_attempts);
  }
  send(repeated);
}

void Repetition::give_up(const wire::Event& frame, DeadLetter::Reason why) {
  bury(frame, why);
  if (pool_.work) pool_.work->queue.finished(frame.header.mark);  // it was out
  const std::string gap = wire::encode(wire::Gap{frame.header.seq, std::string(name_of(why))});
  send({.header = {.mark = frame.header.mark, .received_at = frame.header.received_at},
        .kind = wire::EventKind::gap,
        .body = wire::Bytes(gap)});
}

void Repetition::bury(const wire::Event& frame, DeadLetter::Reason why) {
  ++state_.counters.frames_given_up;
  if (had_them_ != nullptr) {
    ++had_them_->counts.given_up;
    ++had_them_->counts.taken_back;
  }
  const Client* client = state_.client_of(frame.header);
  state_.shared.observer.dead_letter(
      {.mark = frame.header.mark,
       .seq = frame.header.seq,
       .pool = pool_.settings->name,
       .listener = client != nullptr ? client->listener->settings->name : std::string(),
       .upstream = had_them_ != nullptr ? had_them_->link->upstream_name() : std::string(),
       .attempts = frame.header.attempts(),
       .received_at = frame.header.received_at,
       .reason = why,
       .payload = frame.body.to_string()});
}

void Repetition::send(const wire::Event& event) {
  if (pool_.work) return dispatch(event);
  Client* client = state_.client_of(event.header);
  if (client == nullptr) return send_of_ended(event);
  // Whoever placed the client has told of its opening, and will tell of its end.
  if (event.kind != wire::EventKind::payload && event.kind != wire::EventKind::gap) return;
  if (!client->session.attached()) up_.place(*client, pool_.next_move++);
  // Of a pool it has left, and nobody is ready in the one it has now.
  if (!client->session.attached()) return send_of_ended(event);
  give(*client, event);
}

// A link that is full of what it had is not filled with what others had: what finds no room waits
// for it, and so does all that stands behind it. A Gap takes none.
void Repetition::give(Client& client, const wire::Event& event) {
  const Mark& mark = client.session.mark();
  const bool fits =
      event.kind == wire::EventKind::gap || state_.upstream_of(client).link->has_room();
  if (fits && !no_room_.contains(mark)) {
    if (event.kind == wire::EventKind::payload) ++state_.counters.frames_redelivered;
    wire::EventHeader header = event.header;
    header.mark = mark;  // it may have been read under another one
    state_.send(client, header, event.kind, event.body.head());
    return;
  }
  no_room_[mark].add_copy(state_.shared.chunks, event);
}

// Openings and ends are told with the frames.
void Repetition::dispatch(const wire::Event& event) {
  if (event.kind == wire::EventKind::payload) {
    ++state_.counters.frames_redelivered;
    return dispatcher_.again(pool_, event);
  }
  if (event.kind != wire::EventKind::gap) return;
  dispatcher_.seating().gap(pool_, event.header.mark, event.body.to_string());
}

// Nobody is told of a connection that has ended, unless frames of it are left: to an upstream that
// acks frames and nothing else, its opening and its end would come for ever.
void Repetition::send_of_ended(const wire::Event& event) {
  const wire::EventHeader& header = event.header;
  Home& home = home_[header.mark];
  if (event.kind == wire::EventKind::opened) {
    home.opening = opening_of(event);
    return;
  }
  const bool matters = event.kind == wire::EventKind::payload || event.kind == wire::EventKind::gap;
  if (!home.open && !matters) return;
  if (!home.upstream) home.upstream = state_.pick(pool_, pool_.next_move, header.mark);
  if (!home.upstream) return strand(event);
  link::Link& link = link_of(home);
  if (!home.open) {
    ++pool_.next_move;
    link.append({.mark = header.mark, .received_at = header.received_at}, wire::EventKind::opened,
                home.opening.empty() ? opening_of(event) : home.opening);
  }
  home.received_at = header.received_at;
  home.open = event.kind != wire::EventKind::closed;
  link.append(header, event.kind, event.body.head());
  if (event.kind == wire::EventKind::payload) {
    ++state_.counters.frames_redelivered;
    state_.await_reply(state_.fleet->upstreams()[*home.upstream], header);
  }
}

// Until an upstream is ready.
void Repetition::strand(const wire::Event& event) {
  pool_.stranded.emplace_back().add_copy(state_.shared.chunks, event);
}

std::string Repetition::opening_of(const wire::Event& event) {
  wire::Opened opened{.next_seq = event.header.seq};
  if (event.kind == wire::EventKind::opened) (void)wire::decode(event.body, opened);  // our own
  opened.resumed = true;
  if (opened.epoch != 0) ++opened.epoch;  // 0: of one that holds little but the mark
  return wire::encode(opened);
}

void Repetition::end(const HeldEnd& ended) {
  const auto home = home_.find(ended.mark);
  if (home == home_.end() || !std::exchange(home->second.open, false)) return;
  link_of(home->second).append({.mark = ended.mark}, wire::EventKind::closed, ended.closed);
}

void Repetition::finish() {
  for (auto& [mark, events] : no_room_) {
    Client* client = state_.clients.find(mark);
    if (client == nullptr) {  // closed meanwhile
      wire::for_each_event(events.batch,
                           [this](const wire::Event& event) { send_of_ended(event); });
      continue;
    }
    client->rewound = true;
    client->want_readable(false);
    Upstream& upstream = state_.upstream_of(*client);
    upstream.link->want_room();
    upstream.backlogged.push_back(mark);
    state_.backlog.hold(mark, client->pool, std::move(events), state_.loop.now_ms());
  }
  no_room_.clear();
  if (pool_.work) dispatcher_.pump(pool_);
  for (auto& [mark, home] : home_) {
    if (!std::exchange(home.open, false)) continue;
    // Its end was acked by an upstream that had not acked what came before.
    link_of(home).append({.mark = mark, .received_at = home.received_at}, wire::EventKind::closed,
                         wire::encode(wire::Closed{}));
  }
}

}  // namespace waymark::proxy
