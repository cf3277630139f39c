#include "proxy/survey.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "proxy/last_acked.h"
#include "wire/event.h"

namespace waymark::proxy {
namespace {

// About 50 microseconds each.
constexpr std::size_t kLookedAt = 256;
constexpr std::size_t kActedOn = 32;

bool is_active(const WorkerState& state, const Client& client) {
  const auto within = state.pool_of(client).settings->active_within;
  return client.session.active(static_cast<std::uint64_t>(within.count()), state.loop.now_ms());
}

identity::Identity shown_identity(const Client& client) {
  if (!client.incarnation) return {};
  identity::Identity identity = client.incarnation->identity;
  if (!client.listener->settings->identity.expose_key) identity.key.clear();
  return identity;
}

std::size_t outstanding_bytes_of(const WorkerState& state, const Client& client) {
  if (!client.session.attached()) return 0;
  return client.session.share().outstanding(state.upstream_of(client).link->written_batch());
}

absl::uint128 number_of_peer(const net::Address& peer) {
  const std::array<std::uint8_t, 16> bytes = peer.bytes();
  absl::uint128 number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool v4 = std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  return v4 ? (number & 0xffff'ffffU) << 16 | peer.port() : number;
}

absl::uint128 number_of(ListKey key, const WorkerState& state, const Client& client) {
  const session::Session& session = client.session;
  switch (key) {
    case ListKey::mark:
      return 0;
    case ListKey::peer:
      return number_of_peer(client.peer);
    case ListKey::listener:
      return client.listener->index;
    case ListKey::upstream:
      return session.attached() ? absl::uint128(session.upstream()) + 1 : 0;
    case ListKey::state:
      return is_active(state, client) ? 0 : 1;
    case ListKey::opened:
      return session.opened_at();
    case ListKey::last_frame:
      return session.last_seq() > 0 ? session.last_frame_at() : 0;
    case ListKey::frames_up:
      return session.last_seq();
    case ListKey::frames_down:
      return session.frames_down();
    case ListKey::bytes_up:
      return session.bytes_up();
    case ListKey::bytes_down:
      return session.bytes_down();
    case ListKey::queued:
      return client.queued_bytes();
    case ListKey::outstanding:
      return outstanding_bytes_of(state, client);
  }
  return 0;
}

LedgerSnapshot ledger_of(const WorkerState& state, const Client& client) {
  LedgerSnapshot out{.acks = false, .last_acked = client.session.last_acked(), .lines = {}};
  if (!client.session.attached()) return out;
  const link::Link& link = *state.upstream_of(client).link;
  out.acks = link.acks();
  if (!out.acks) return out;
  const std::size_t held = client.session.share().held_events();
  const std::size_t wanted = std::min(held, LedgerSnapshot::kMostLines);
  std::optional<std::uint64_t> first_unacked;
  const auto look = [&](std::uint64_t delivery, const ChunkRange& entry, bool) {
    if (wire::mark_of_entry(entry.bytes()) != client.session.mark()) return true;
    const wire::EventHeader header = wire::header_of_entry(entry.bytes());
    const bool its_frame = header.seq != 0 && state.client_of(header) == &client;
    if (its_frame && !first_unacked) first_unacked = header.seq;
    out.lines.push_back({.delivery = delivery,
                         .seq = header.seq,
                         .attempts = header.attempts(),
                         .bytes = entry.bytes().size(),
                         .received_at = header.received_at});
    return out.lines.size() < wanted;
  };
  if (wanted > 0) link.ledger().for_each_while(look);
  // Behind a hundred events that are no frames there may be one.
  if (first_unacked || out.lines.size() == held) {
    out.last_acked = last_acked_of(state, client, first_unacked);
  }
  return out;
}

ConnectionSnapshot snapshot_of(const WorkerState& state, const Client& client) {
  const session::Session& session = client.session;
  const std::uint64_t now = state.loop.now_ms();
  ConnectionSnapshot snapshot{
      .mark = session.mark(),
      .peer = client.peer.to_string(),
      .listener = client.listener->index,
      .pool = client.pool,
      .worker = state.index,
      .active = is_active(state, client),
      .open_for_ms = now - session.opened_at(),
      .frames_up = session.last_seq(),
      .frames_down = session.frames_down(),
      .bytes_up = session.bytes_up(),
      .bytes_down = session.bytes_down(),
      .queued_bytes = client.queued_bytes(),
      .outstanding_bytes = outstanding_bytes_of(state, client),
      .outstanding_events = session.share().held_events(),
      .epoch = session.epoch(),
      .identity = shown_identity(client),
      .incarnation = client.incarnation_number(),
      .up_ended = session.up_ended(),
      .paused = !client.wants_readable(),
  };
  if (session.attached()) snapshot.upstream = session.upstream();
  if (session.last_seq() > 0) snapshot.last_frame_ms_ago = now - session.last_frame_at();
  return snapshot;
}

void add_details(ConnectionSnapshot& snapshot, const WorkerState& state, const Client& client) {
  snapshot.ledger = ledger_of(state, client);
  snapshot.names = state.shared.presence.names_of(snapshot.mark);
  snapshot.groups = state.shared.presence.groups_of(snapshot.mark);
  if (client.attributes) snapshot.attributes = *client.attributes;
}

bool is_in(const std::vector<session::Member>& group, const Mark& mark) {
  return std::binary_search(group.begin(), group.end(), session::Member{mark, 0},
                            [](const auto& a, const auto& b) { return a.mark < b.mark; });
}

}  // namespace

std::chrono::nanoseconds Survey::turn(std::chrono::nanoseconds waited) {
  return std::clamp(waited / kShare, std::chrono::nanoseconds(0), kLongestTurn);
}

bool Survey::step(const Tools& tools) {
  switch (phase_) {
    case Phase::beginning:
      begin(tools);
      [[fallthrough]];
    case Phase::gathering:
      gather(tools);
      return false;
    case Phase::ordering:
      put_in_order();
      return false;
    case Phase::acting:
      act(tools);
      if (next_ < marks_.size()) return false;
      done_(std::move(answer_));
      return true;
  }
  return true;
}

void Survey::begin(const Tools& tools) {
  phase_ = Phase::gathering;
  if (!order_.mark) {
    unseen_ = tools.state.clients.live().size();
  } else if (tools.state.clients.find(*order_.mark) != nullptr) {
    marks_.push_back(*order_.mark);
  }
}

void Survey::gather(const Tools& tools) {
  const auto& live = tools.state.clients.live();
  unseen_ = std::min(unseen_, live.size());
  for (std::size_t budget = kLookedAt; budget > 0 && unseen_ > 0; --budget) {
    const Client& client = *live[--unseen_];
    if (!matches(tools.state, client)) continue;
    if (order_.action == SurveyOrder::Action::list && order_.key != ListKey::mark) {
      rank(tools.state, client);
      continue;
    }
    const Mark& mark = client.session.mark();
    gathered_[static_cast<unsigned char>(mark.bytes().front())].push_back(mark);
  }
  if (unseen_ > 0) return;
  std::size_t found = marks_.size();
  for (const auto& part : gathered_) found += part.size();
  marks_.reserve(found);
  phase_ = Phase::ordering;
}

void Survey::rank(const WorkerState& state, const Client& client) {
  const absl::uint128 number = number_of(order_.key, state, client);
  const ListPlace place{.rank = order_.descending ? ~number : number,
                        .mark = client.session.mark()};
  if (order_.after && !(*order_.after < place)) {
    ++passed_over_;
    return;
  }
  ranked_.push_back(place);
  std::push_heap(ranked_.begin(), ranked_.end());
  if (ranked_.size() <= order_.limit) return;
  std::pop_heap(ranked_.begin(), ranked_.end());
  ranked_.pop_back();
  ++passed_over_;
  answer_.more_after.emplace();  // which one is said when they are in order
}

void Survey::put_ranked_in_order() {
  std::sort_heap(ranked_.begin(), ranked_.end());
  if (answer_.more_after) answer_.more_after = ranked_.back();
  answer_.matched = passed_over_ + ranked_.size();
  absl::flat_hash_set<Mark> seen;  // one that was met twice may have two ranks
  std::erase_if(ranked_, [&](const ListPlace& place) { return !seen.insert(place.mark).second; });
  for (const ListPlace& place : ranked_) marks_.push_back(place.mark);
  answer_.connections.reserve(marks_.size());
  phase_ = Phase::acting;
}

void Survey::put_in_order() {
  if (order_.action == SurveyOrder::Action::list && order_.key != ListKey::mark && !order_.mark) {
    return put_ranked_in_order();
  }
  for (std::size_t done = 0; done < kLookedAt && ordered_ < gathered_.size(); ++ordered_) {
    std::vector<Mark> part = std::move(gathered_[ordered_]);
    done += part.size();
    std::sort(part.begin(), part.end());
    marks_.insert(marks_.end(), part.begin(), std::unique(part.begin(), part.end()));
  }
  if (ordered_ < gathered_.size()) return;
  answer_.matched = marks_.size();
  choose_page();
  phase_ = Phase::acting;
}

void Survey::choose_page() {
  if (order_.action == SurveyOrder::Action::count) return marks_.clear();
  if (order_.action != SurveyOrder::Action::list) return;
  if (!order_.mark) {
    if (order_.after) {
      const auto after = std::upper_bound(marks_.begin(), marks_.end(), order_.after->mark);
      next_ = static_cast<std::size_t>(after - marks_.begin());
    }
    if (marks_.size() - next_ > order_.limit) {
      marks_.resize(next_ + order_.limit);
      answer_.more_after = ListPlace{.rank = 0, .mark = marks_.back()};
    }
  }
  answer_.connections.reserve(marks_.size() - next_);
}

void Survey::act(const Tools& tools) {
  for (std::size_t budget = kActedOn; budget > 0 && next_ < marks_.size(); --budget) {
    const std::size_t place = next_++;
    Client* client = tools.state.clients.find(marks_[place]);
    if (client == nullptr) {
      ++answer_.skipped;
      continue;
    }
    act_on(tools, *client);
    if (!ranked_.empty()) answer_.connections.back().rank = ranked_[place].rank;
  }
}

void Survey::act_on(const Tools& tools, Client& client) {
  switch (order_.action) {
    case SurveyOrder::Action::count:
      return;
    case SurveyOrder::Action::list:
      answer_.connections.push_back(snapshot_of(tools.state, client));
      if (order_.mark) add_details(answer_.connections.back(), tools.state, client);
      break;
    case SurveyOrder::Action::close:
      // A goodbye that does not go out is no reason to let the client stay.
      if (!order_.payload.empty()) (void)tools.down.deliver(client, order_.payload);
      tools.closer.close(client, CloseReason::admin);
      break;
    case SurveyOrder::Action::rotate:
      if (!tools.leaver.schedule(client, CloseReason::rotated, order_.spread_ms)) {
        ++answer_.skipped;
        return;
      }
      break;
    case SurveyOrder::Action::send:
      if (!tools.down.deliver(client, order_.payload)) {
        ++answer_.failed;
        return;
      }
      break;
    case SurveyOrder::Action::rebalance:
      if (!tools.mover.begin(client)) {
        ++answer_.skipped;
        return;
      }
      break;
    case SurveyOrder::Action::tap:
      order_.tap->tick(tools.state.loop.now_ms());
      tools.state.taps.add(client, order_.tap);
      break;
  }
  ++answer_.done;
}

bool Survey::matches(const WorkerState& state, const Client& client) const {
  const ConnectionFilter& filter = order_.filter;
  if (filter.upstream && client.session.upstream() != *filter.upstream) return false;
  if (filter.pool && client.pool != *filter.pool) return false;
  if (filter.listener && client.listener->index != *filter.listener) return false;
  if (filter.peer && !filter.peer->block.contains(client.peer)) return false;
  if (filter.peer && filter.peer->port != 0 && filter.peer->port != client.peer.port()) {
    return false;
  }
  if (filter.group && !is_in(*filter.group, client.session.mark())) return false;
  if (filter.activity == ConnectionFilter::Activity::all) return true;
  return is_active(state, client) == (filter.activity == ConnectionFilter::Activity::active);
}

}  // namespace waymark::proxy
