#include "proxy/marking.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/unix_clock.h"

namespace waymark::proxy {

Marking::Claimed Marking::claim(Client& client, const identity::Identity& identity,
                                PendingMark& pending) {
  using Kind = Claims::Grant::Kind;
  const IdentitySettings& settings = client.listener->settings->identity;
  const bool only_claimed = identity.trust <= identity::Trust::claimed;
  Claims::Wish wish{.mark = identity::derived_mark(settings.space, identity),
                    .worker = state_.index,
                    .duplicates = settings.duplicates,
                    .max_take_overs = only_claimed ? settings.max_take_overs : 0,
                    .now_us = unix_ns() / 1'000};
  Claims::Grant grant = state_.shared.claims.claim(wish);
  while (grant.kind == Kind::taken && settings.duplicates == Duplicates::allow) {
    ++wish.now_us;  // which will be its incarnation
    wish.mark = identity::derived_mark(settings.space, identity, wish.now_us);
    grant = state_.shared.claims.claim(wish);
  }
  if (grant.kind != Kind::granted) return Claimed::refused;

  pending = {wish.mark, std::make_unique<Incarnation>(Incarnation{.identity = identity,
                                                                  .number = grant.incarnation,
                                                                  .returning = grant.returning,
                                                                  .away_ms = grant.away_ms})};
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
  Client*& waiting = state_.awaited_marks[pending.mark];
  Client* before = std::exchange(waiting, &client);
  if (before != nullptr && before != &client) closer_.close(*before, CloseReason::taken_over);
}

void Marking::adopt(Client& client, PendingMark&& pending) {
  const auto at = state_.awaited_marks.find(pending.mark);
  if (at != state_.awaited_marks.end() && at->second == &client) state_.awaited_marks.erase(at);
  client.session.set_mark(pending.mark);
  client.incarnation = std::move(pending.incarnation);
  client.incarnation->since_ns = unix_ns();  // whoever had the mark has had his end by now
}

void Marking::give_up_alias(Client& client, const Mark& mark) {
  if (!client.incarnation) return;
  const auto& aliases = client.incarnation->aliases;
  const auto own = std::ranges::find(aliases, mark, &Incarnation::Alias::mark);
  if (own == aliases.end()) return;
  state_.shared.claims.release(mark, own->number, unix_ns() / 1'000);
  state_.clients.forget_alias(client, mark);
}

// Whoever waits for the mark has been given it later than whoever has it.
void Marking::take_over(const TakeOver& order) {
  Client* has = state_.clients.find(order.mark);
  if (has != nullptr && has->session.mark() != order.mark) {
    state_.clients.forget_alias(*has, order.mark);
  } else if (has != nullptr && has->incarnation_number() < order.incarnation) {
    closer_.close(*has, CloseReason::taken_over);
  }
  const auto at = state_.awaited_marks.find(order.mark);
  if (at != state_.awaited_marks.end() &&
      at->second->pending().incarnation->number < order.incarnation) {
    closer_.close(*at->second, CloseReason::taken_over);
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
