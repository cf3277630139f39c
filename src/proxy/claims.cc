#include "proxy/claims.h"

#include <algorithm>

namespace waymark::proxy {

Claims::Grant Claims::claim(const Wish& wish) {
  std::lock_guard lock(mutex_);
  const auto [at, is_new] = claims_.try_emplace(wish.mark);
  Claim& claim = at->second;
  Grant grant;
  if (!is_new) {
    const bool held = claim.ended_us == 0;
    if (held) {
      if (wish.duplicates != Duplicates::newest_wins) return {.kind = Grant::Kind::taken};
      if (!may_take_over(claim, wish)) return {.kind = Grant::Kind::too_often};
      grant.holder = claim.worker;
    } else {
      --ended_;
      grant.away_ms = wish.now_us > claim.ended_us ? (wish.now_us - claim.ended_us) / 1'000 : 0;
    }
    grant.returning = true;
  }
  claim.incarnation = grant.incarnation = std::max(claim.incarnation + 1, wish.now_us);
  claim.ended_us = 0;
  claim.worker = static_cast<std::uint32_t>(wish.worker);
  return grant;
}

bool Claims::may_take_over(Claim& claim, const Wish& wish) {
  if (wish.max_take_overs == 0) return true;
  const bool same_minute =
      wish.now_us >= claim.minute_us && wish.now_us - claim.minute_us < kMinuteUs;
  if (!same_minute) {
    claim.minute_us = wish.now_us;
    claim.take_overs = 0;
  }
  if (claim.take_overs >= wish.max_take_overs) return false;
  ++claim.take_overs;
  return true;
}

void Claims::release(const Mark& mark, std::uint64_t incarnation, std::uint64_t now_us) {
  std::lock_guard lock(mutex_);
  const auto at = claims_.find(mark);
  if (at == claims_.end() || at->second.incarnation != incarnation) return;
  at->second.ended_us = std::max<std::uint64_t>(now_us, 1);
  ++ended_;
  past_.push_back({mark, incarnation});
  forget_oldest();
}

bool Claims::is_past(const Past& past) const {
  const auto at = claims_.find(past.mark);
  return at != claims_.end() && at->second.ended_us != 0 &&
         at->second.incarnation == past.incarnation;
}

void Claims::forget_oldest() {
  for (; ended_ > remembered_; past_.pop_front()) {
    if (!is_past(past_.front())) continue;
    claims_.erase(past_.front().mark);
    --ended_;
  }
  // Those that were claimed again may be most of them.
  if (past_.size() <= 2 * ended_ + kFewPast) return;
  std::erase_if(past_, [this](const Past& past) { return !is_past(past); });
}

void Claims::set_remembered(std::size_t marks) {
  std::lock_guard lock(mutex_);
  remembered_ = marks;
  forget_oldest();
}

MarkCounts Claims::counts() const {
  std::lock_guard lock(mutex_);
  return {claims_.size() - ended_, ended_};
}

}  // namespace waymark::proxy
