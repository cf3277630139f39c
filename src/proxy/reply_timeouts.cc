#include "proxy/reply_timeouts.h"

#include <chrono>
#include <utility>

#include "base/unix_clock.h"
#include "wire/event.h"

namespace waymark::proxy {

void ReplyTimeouts::tick() {
  for (Pool& pool : state_.fleet->pools()) {
    if (pool.awaits_replies()) look_at(pool);
  }
}

void ReplyTimeouts::look_at(Pool& pool) {
  const auto timeout =
      std::chrono::duration_cast<std::chrono::nanoseconds>(pool.settings->reply_timeout);
  const std::uint64_t before_ns = unix_ns() - static_cast<std::uint64_t>(timeout.count());
  std::vector<Upstream>& upstreams = state_.fleet->upstreams();
  for (std::uint32_t index = 0; index < upstreams.size(); ++index) {
    Upstream& upstream = upstreams[index];
    if (upstream.vacant || &state_.fleet->pool_of(upstream) != &pool) continue;
    look_at(upstream, index, before_ns);
  }
  pool.unanswered.expire(
      before_ns, [this](const Mark& mark, std::uint64_t) { unanswered_.push_back(mark); },
      [](const Mark&) { return false; });
  const auto slot = static_cast<std::size_t>(&pool - state_.fleet->pools().data());
  const auto is_late = [before_ns](const wire::Event& event) {
    return event.kind == wire::EventKind::payload && event.header.received_at < before_ns;
  };
  const auto take_away = [this](const wire::Event& event) {
    ++state_.counters.frames_discarded_unanswered;
    unanswered_.push_back(event.header.mark);
  };
  for (link::LostBatch& lost : pool.stranded) {
    lost.remove_if(state_.shared.chunks, is_late, take_away);
  }
  for (Rewinds* held_back : {&state_.rewinds, &state_.backlog}) {
    held_back->for_each_of(slot, [&](link::LostBatch& lost) {
      lost.remove_if(state_.shared.chunks, is_late, take_away);
    });
  }
  if (pool.work) {
    dispatcher_.expire(pool, before_ns, [this](const Mark& mark, const session::QueuedFrame&) {
      ++state_.counters.frames_discarded_unanswered;
      unanswered_.push_back(mark);
    });
  }
  tell_clients(pool);
}

void ReplyTimeouts::look_at(Upstream& upstream, std::uint32_t index, std::uint64_t before_ns) {
  upstream.replies.expire(
      before_ns,
      [this, &upstream](const Mark& mark, std::uint64_t) {
        ++upstream.counts.timed_out;
        unanswered_.push_back(mark);
      },
      [this](const Mark& mark) { return state_.clients.find(mark) != nullptr; });
  if (upstream.replies.remembered() > kMostUnanswered) {
    return upstream.link->give_up(state_.loop.now_ms(), "it leaves frames unanswered");
  }
  take_from(upstream, index, before_ns);
}

// From one that acks: what has neither been acked nor answered.
void ReplyTimeouts::take_from(Upstream& upstream, std::uint32_t index, std::uint64_t before_ns) {
  link::Link& link = *upstream.link;
  std::vector<std::uint64_t> late;
  link.ledger().for_each([&](std::uint64_t delivery, const ChunkRange& entry, bool frame) {
    if (!frame) return;
    if (wire::header_of_entry(entry.bytes()).received_at < before_ns) late.push_back(delivery);
  });
  if (late.empty()) return;
  for (const std::uint64_t delivery : late) {
    const session::Ledger::Entry entry = *link.ledger().find(delivery);
    state_.note_acked(index, entry);
    (void)link.withdraw_one(delivery);
    ++upstream.counts.timed_out;
    ++upstream.counts.taken_back;
    ++state_.counters.frames_discarded_unanswered;
    unanswered_.push_back(entry.mark);
  }
  link.want_sign_of_life();
  up_.on_room(upstream, index);
}

void ReplyTimeouts::tell_clients(const Pool& pool) {
  state_.counters.reply_timeouts += unanswered_.size();
  for (const Mark& mark : std::exchange(unanswered_, {})) {
    Client* client = state_.clients.find(mark);
    if (client == nullptr || pool.settings->timeout_reply.empty()) continue;
    (void)down_.deliver(*client, pool.settings->timeout_reply);
  }
}

}  // namespace waymark::proxy
