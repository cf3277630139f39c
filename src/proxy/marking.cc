#include "proxy/marking.h"

#include <utility>

#include "base/unix_clock.h"

namespace waymark::proxy {

Marking::Claimed Marking::claim(Client& client, const identity::Identity& identity,
                                PendingMark& pending) {
  using Kind = Claims::Grant::Kind;
  const IdentitySettings& settings = client.listener->settings->identity;
  const std::uint64_t now_ns = unix_ns();
  const bool only_claimed = identity.trust <= identity::Trust::claimed;
  Claims::Wish wish{.mark = identity::derived_mark(settings.space, identity),
                    .worker = state_.index,
                    .duplicates = settings.duplicates,
                    .max_take_overs = only_claimed ? settings.max_take_overs : 0,
                    .now_us = now_ns / 1'000};
  Claims::Grant grant = state_.shared.claims.claim(wish);
  while (grant.kind == Kind::taken && settings.duplicates == Duplicates::allow) {
    wish.mark = identity::derived_mark(settings.space, identity, wish.now_us++);
    grant = state_.shared.claims.claim(wish);
  }
  if (grant.kind != Kind::granted) return Claimed::refused;

  pending = {wish.mark, std::make_unique<Incarnation>(Incarnation{.identity = identity,
                                                                  .number = grant.incarnation,
                                                                  .returning = grant.returning,
                                                                  .away_ms = grant.away_ms,
                                                                  .since_ns = now_ns})};
  if (!grant.holder) return Claimed::granted;
  const TakeOver order{wish.mark, grant.incarnation, state_.index};
  if (*grant.holder == state_.index) {
    take_over(order);
    return Claimed::granted;
  }
  await(client, pending);
  state_.shared.post(*grant.holder, order);
  return Claimed::awaited;
}

void Marking::await(Client& client, const PendingMark& pending) {
  state_.awaited_marks[pending.mark] = &client;
}

void Marking::adopt(Client& client, PendingMark&& pending) {
  const auto at = state_.awaited_marks.find(pending.mark);
  if (at != state_.awaited_marks.end() && at->second == &client) state_.awaited_marks.erase(at);
  client.session.set_mark(pending.mark);
  client.incarnation = std::move(pending.incarnation);
}

// Whoever waits for the mark has been given it later than whoever has it.
void Marking::take_over(const TakeOver& order) {
  const auto close = [&](Client& former, std::uint64_t incarnation) {
    if (incarnation < order.incarnation) closer_.close(former, CloseReason::taken_over);
  };
  if (Client* former = state_.clients.find(order.mark))
    close(*former, former->incarnation_number());
  if (const auto at = state_.awaited_marks.find(order.mark); at != state_.awaited_marks.end()) {
    close(*at->second, at->second->pending().incarnation->number);
  }
  if (order.worker == state_.index) return;
  state_.shared.post(order.worker, TakenOver{order.mark, order.incarnation});
}

Client* Marking::taken_over(const TakenOver& done) {
  const auto at = state_.awaited_marks.find(done.mark);
  if (at == state_.awaited_marks.end()) return nullptr;
  return at->second->pending().incarnation->number == done.incarnation ? at->second : nullptr;
}

}  // namespace waymark::proxy
