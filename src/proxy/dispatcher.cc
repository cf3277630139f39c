#include "proxy/dispatcher.h"

#include <algorithm>
#include <utility>

#include "wire/lifecycle.h"

namespace waymark::proxy {
namespace {

// Frames that this upstream has and is not done with.
std::size_t in_flight(const Upstream& upstream) {
  const link::Link& link = *upstream.link;
  if (link.acks()) return link.ledger().frames();
  return std::max(link.window().events(), upstream.replies.open());
}

session::QueuedFrame queued(const wire::EventHeader& header, std::string payload) {
  return {header.seq, header.received_at, header.attempt, std::move(payload)};
}

wire::EventHeader header_of(const Mark& mark, const session::QueuedFrame& frame) {
  return {
      .mark = mark, .seq = frame.seq, .attempt = frame.attempt, .received_at = frame.received_at};
}

// Of a frame whose payload outlives it.
wire::Event event_of(const wire::EventHeader& header, std::string_view payload) {
  return {.header = header, .kind = wire::EventKind::payload, .body = wire::Bytes(payload)};
}

}  // namespace

// --- of clients ---

bool Dispatcher::may_read(const Client& client) const {
  return !state_.pool_of(client).work->queue.waits(client.session.mark());
}

bool Dispatcher::frame(Client& client, const wire::EventHeader& header, std::string_view payload) {
  Pool& pool = state_.pool_of(client);
  if (is_too_large(pool, payload.size())) return false;
  if (frame_now(pool, header, payload)) return true;
  pool.work->queue.push(header.mark, queued(header, std::string(payload)));
  client.want_readable(false);
  pump(pool);
  return true;
}

std::optional<std::uint32_t> Dispatcher::frame_now(Pool& pool, const wire::EventHeader& header,
                                                   std::string_view payload) {
  return send_now(pool, choose_now(pool, header.mark, payload.size()), header, payload);
}

std::optional<std::uint32_t> Dispatcher::frame_of_ended_now(Pool& pool,
                                                            const wire::EventHeader& header,
                                                            std::string_view payload,
                                                            const wire::Opened& opened) {
  if (pool.work->waits(header.mark)) return std::nullopt;
  const auto upstreams = choose_now(pool, header.mark, payload.size());
  for (const std::uint32_t each : upstreams) seating_.open_as(pool, each, header.mark, opened);
  const auto upstream = send_now(pool, upstreams, header, payload);
  if (upstream) {
    seating_.close(pool, header.mark, wire::encode(wire::Closed{.last_seq = header.seq}));
  }
  return upstream;
}

void Dispatcher::ended(const Client& client, std::string closed) {
  Pool& pool = state_.pool_of(client);
  const Mark& mark = client.session.mark();
  if (!pool.work->waits(mark)) return seating_.close(pool, mark, closed);
  pool.work->ended[mark] = std::move(closed);
}

std::vector<link::LostBatch> Dispatcher::give_away(const Client& client) {
  Pool& pool = state_.pool_of(client);
  const Mark& mark = client.session.mark();
  seating_.leave_all(client);
  std::vector<link::LostBatch> waiting;
  for (const session::QueuedFrame& frame : pool.work->queue.take(mark)) {
    waiting.emplace_back().add_copy(state_.shared.chunks,
                                    event_of(header_of(mark, frame), frame.payload));
  }
  charge(*pool.work);
  return waiting;
}

// --- of frames that come again ---

void Dispatcher::again(Pool& pool, const wire::Event& frame) {
  Work& work = *pool.work;
  const Mark& mark = frame.header.mark;
  work.queue.finished(mark);
  if (work.dispatch == Dispatch::all && work.seats.saw(mark, frame.header.seq)) {
    ++state_.counters.frames_copies_dropped;
    return line_over(pool, mark);
  }
  if (seating_.client_of(pool, mark) == nullptr) {
    work.ended.try_emplace(mark, wire::encode(wire::Closed{.last_seq = frame.header.seq}));
  }
  session::QueuedFrame again = queued(frame.header, frame.body.to_string());
  // Others may have had it, and what they are told of may have ended since.
  if (work.dispatch == Dispatch::all) again.attempt = std::max<std::uint32_t>(2, again.attempt);
  work.queue.push(mark, std::move(again));
}

void Dispatcher::delay(std::uint32_t upstream, const wire::Event& frame, std::uint64_t due_ms) {
  session::QueuedFrame copy = queued(frame.header, frame.body.to_string());
  copy.attempt = frame.header.attempts() + 1;
  ++state_.counters.frames_redelivered;
  pool_of(upstream).work->delayed.hold({frame.header.mark, upstream, due_ms, std::move(copy)});
}

void Dispatcher::give_delayed(Pool& pool) {
  for (const session::DelayedFrame& one : pool.work->delayed.take_due(state_.loop.now_ms())) {
    give(pool, one);
  }
}

void Dispatcher::give(Pool& pool, const session::DelayedFrame& one) {
  const wire::EventHeader header = header_of(one.mark, one.frame);
  if (pool.work->dispatch != Dispatch::all || !link_of(one.upstream).ready()) {
    return again(pool, event_of(header, one.frame.payload));
  }
  send_one(pool, one.upstream, header, one.frame.payload);
  if (seating_.client_of(pool, one.mark) == nullptr) {
    pool.work->ended.try_emplace(one.mark, wire::encode(wire::Closed{}));
  }
  line_over(pool, one.mark);
}

// --- of upstreams ---

void Dispatcher::joined(std::uint32_t upstream) {
  seating_.joined(upstream);
  pump(pool_of(upstream));
}

void Dispatcher::lost(std::uint32_t upstream) {
  Pool& pool = pool_of(upstream);
  Work& work = *pool.work;
  work.seats.forget(upstream);
  for (const Work::Unacked& out : work.unacked[upstream]) work.queue.finished(out.mark);
  work.unacked.erase(upstream);
  if (work.dispatch != Dispatch::all) return;
  for (const session::DelayedFrame& one : work.delayed.take_of(upstream)) {
    again(pool, event_of(header_of(one.mark, one.frame), one.frame.payload));
  }
}

void Dispatcher::pump(Pool& pool) {
  finish_written(pool);
  give_out(pool);
  charge(*pool.work);
}

void Dispatcher::give_out(Pool& pool) {
  session::WorkQueue& queue = pool.work->queue;
  while (const Mark* turn = queue.turn()) {
    const Mark mark = *turn;
    const std::size_t size = queue.front().payload.size();
    if (is_too_large(pool, size)) {
      (void)queue.drop();
      ++state_.counters.frames_discarded_too_large;
    } else {
      const std::vector<std::uint32_t> upstreams = choose(pool, mark, size);
      if (upstreams.empty()) {
        return pool.ready.for_each([this](std::size_t upstream) {
          link_of(static_cast<std::uint32_t>(upstream)).want_room();
        });
      }
      const session::QueuedFrame frame = queue.pop();
      send(pool, upstreams, header_of(mark, frame), frame.payload);
    }
    if (!queue.waits(mark)) line_over(pool, mark);
  }
}

void Dispatcher::tick() {
  for (Pool& pool : state_.fleet->pools()) {
    if (!pool.work) continue;
    give_delayed(pool);
    pump(pool);
  }
}

void Dispatcher::finish_written(Pool& pool) {
  for (auto& [upstream, outstanding] : pool.work->unacked) {
    const std::uint32_t settled = link_of(upstream).settled_batch();
    while (!outstanding.empty() &&
           static_cast<std::int32_t>(outstanding.front().batch - settled) <= 0) {
      pool.work->queue.finished(outstanding.front().mark);
      outstanding.pop_front();
    }
  }
}

void Dispatcher::expire(Pool& pool, std::uint64_t unix_ns, session::WorkQueue::Visit visit) {
  session::WorkQueue& queue = pool.work->queue;
  const std::vector<Mark> waiting = queue.marks();
  queue.expire(unix_ns, visit);
  for (const session::DelayedFrame& one : pool.work->delayed.take_late(unix_ns)) {
    visit(one.mark, one.frame);
    queue.finished(one.mark);
    line_over(pool, one.mark);
  }
  for (const Mark& mark : waiting) {
    if (!queue.waits(mark)) line_over(pool, mark);
  }
  charge(*pool.work);
}

void Dispatcher::charge(Work& work) const {
  const std::size_t held = work.queue.bytes() + work.delayed.bytes() +
                           work.queue.frames() * sizeof(session::QueuedFrame) +
                           work.delayed.frames() * sizeof(session::DelayedFrame);
  state_.shared.budget.add(held);
  state_.shared.budget.remove(std::exchange(work.charged, held));
}

// --- the parts ---

bool Dispatcher::takes(const Pool& pool, std::uint32_t upstream, std::size_t size) const {
  const link::Link& link = link_of(upstream);
  const std::size_t most = pool.settings->max_in_flight;
  return link.ready() && link.has_room() &&
         (most == 0 || in_flight(state_.fleet->upstreams()[upstream]) < most) &&
         size <= link.max_payload();
}

bool Dispatcher::is_too_large(const Pool& pool, std::size_t size) const {
  std::size_t ready = 0;
  std::size_t takers = 0;
  pool.ready.for_each([&](std::size_t upstream) {
    ++ready;
    if (size <= link_of(static_cast<std::uint32_t>(upstream)).max_payload()) ++takers;
  });
  if (ready == 0) return false;
  return pool.work->dispatch == Dispatch::all ? takers < ready : takers == 0;
}

std::vector<std::uint32_t> Dispatcher::choose(Pool& pool, const Mark& mark, std::size_t size) {
  std::vector<std::uint32_t> free;
  std::size_t ready = 0;
  pool.ready.for_each([&](std::size_t each) {
    const auto upstream = static_cast<std::uint32_t>(each);
    ++ready;
    if (takes(pool, upstream, size)) free.push_back(upstream);
  });
  if (pool.work->dispatch == Dispatch::all) return free.size() == ready ? free : decltype(free)();
  if (free.empty()) return free;
  const auto chosen = pool.ready.pick(pool.work->next_frame++, mark, [this](std::size_t upstream) {
    return in_flight(state_.fleet->upstreams()[upstream]);
  });
  const auto turn = static_cast<std::uint32_t>(*chosen);
  // The next one in their order, if that one is not free.
  const auto next = std::lower_bound(free.begin(), free.end(), turn);
  return {next == free.end() ? free.front() : *next};
}

std::vector<std::uint32_t> Dispatcher::choose_now(Pool& pool, const Mark& mark, std::size_t size) {
  session::WorkQueue& queue = pool.work->queue;
  if (!queue.may_pass(mark) || queue.turn() != nullptr) return {};
  return choose(pool, mark, size);
}

std::optional<std::uint32_t> Dispatcher::send_now(Pool& pool,
                                                  const std::vector<std::uint32_t>& upstreams,
                                                  const wire::EventHeader& header,
                                                  std::string_view payload) {
  if (upstreams.empty()) return std::nullopt;
  send(pool, upstreams, header, payload);
  pool.work->queue.passed(header.mark);
  return upstreams.front();
}

void Dispatcher::send(Pool& pool, const std::vector<std::uint32_t>& upstreams,
                      const wire::EventHeader& header, std::string_view payload) {
  for (const std::uint32_t upstream : upstreams) send_one(pool, upstream, header, payload);
  state_.counters.frames_copied += upstreams.size() - 1;
}

void Dispatcher::send_one(Pool& pool, std::uint32_t upstream, const wire::EventHeader& header,
                          std::string_view payload) {
  seating_.open(pool, upstream, header.mark, header.seq);
  pool.work->seats.owes(header.mark, upstream);
  if (pool.work->dispatch == Dispatch::all) {
    pool.work->seats.sent(header.mark, upstream, header.seq);
  }
  const link::Appended appended =
      link_of(upstream).append(header, wire::EventKind::payload, payload);
  state_.await_reply(state_.fleet->upstreams()[upstream], header);
  if (pool.work->dispatch == Dispatch::frame_ordered && appended.delivery == 0) {
    pool.work->unacked[upstream].push_back({header.mark, appended.batch});
  }
  Client* client = seating_.client_of(pool, header.mark);
  if (client == nullptr || client->session.upstream() != upstream) return;
  client->session.answers().frame(appended.delivery != 0 ? appended.delivery : header.seq,
                                  header.received_at);
}

void Dispatcher::line_over(Pool& pool, const Mark& mark) {
  if (pool.work->queue.waits(mark)) return;
  Client* client = seating_.client_of(pool, mark);
  if (client != nullptr) state_.resume(*client);
  if (pool.work->waits(mark)) return;  // for a refused frame, which holds back only the end
  if (const auto end = pool.work->ended.find(mark); end != pool.work->ended.end()) {
    const std::string closed = std::move(end->second);
    pool.work->ended.erase(end);
    return seating_.close(pool, mark, closed);
  }
  if (client != nullptr && client->session.up_ended()) seating_.half_closed(pool, mark);
}

std::size_t Dispatcher::frames(const Pool& pool) { return pool.work ? pool.work->frames() : 0; }

std::size_t Dispatcher::frames() const {
  std::size_t all = 0;
  for (const Pool& pool : state_.fleet->pools()) all += frames(pool);
  return all;
}

}  // namespace waymark::proxy
