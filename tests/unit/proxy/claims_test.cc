#include "proxy/claims.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "clients.h"

namespace waymark::proxy {
namespace {

using Kind = Claims::Grant::Kind;

Claims::Wish wish(std::uint8_t number, std::uint64_t now_us, std::size_t worker = 0) {
  return {.mark = mark_number(number), .worker = worker, .now_us = now_us};
}

TEST_CASE("a mark is free, held, taken over and remembered") {
  Claims claims(10);
  const auto first = claims.claim(wish(1, 1'000'000));
  CHECK(first.kind == Kind::granted);
  CHECK(first.incarnation == 1'000'000);
  CHECK_FALSE(first.holder);
  CHECK_FALSE(first.returning);

  const auto second = claims.claim(wish(1, 5'000'000, 3));
  CHECK(second.holder == std::size_t{0});
  CHECK(second.returning);
  CHECK(second.away_ms == 0);
  claims.release(mark_number(1), first.incarnation, 5'000'000);  // too late: it is the second's
  CHECK(claims.counts().held == 1);

  claims.release(mark_number(1), second.incarnation, 6'000'000);
  CHECK(claims.counts().held == 0);
  CHECK(claims.counts().remembered == 1);
  const auto third = claims.claim(wish(1, 9'500'000));
  CHECK_FALSE(third.holder);
  CHECK(third.returning);
  CHECK(third.away_ms == 3'500);
  CHECK(claims.counts().remembered == 0);
}

TEST_CASE("incarnations grow though the clock stands still or goes back") {
  Claims claims(10);
  std::uint64_t last = 0;
  for (const std::uint64_t now : {1000, 1000, 5, 2000, 1999}) {
    const std::uint64_t next = claims.claim(wish(1, now)).incarnation;
    CHECK(next > last);
    CHECK(next >= now);
    last = next;
  }
}

TEST_CASE("who has it keeps it where that is the rule") {
  Claims claims(10);
  for (const Duplicates rule : {Duplicates::refuse, Duplicates::allow}) {
    Claims::Wish mine = wish(1, 1'000);
    mine.duplicates = rule;
    (void)claims.claim(mine);
    CHECK(claims.claim(mine).kind == Kind::taken);
  }
}

TEST_CASE("take-overs are counted by the minute and by the mark") {
  Claims claims(10);
  Claims::Wish claimed = wish(1, 1'000'000);
  claimed.max_take_overs = 2;
  (void)claims.claim(claimed);
  CHECK(claims.claim(claimed).kind == Kind::granted);
  CHECK(claims.claim(claimed).kind == Kind::granted);
  CHECK(claims.claim(claimed).kind == Kind::too_often);
  CHECK(claims.claim(wish(1, 1'000'000)).kind == Kind::granted);  // one that is proven
  Claims::Wish other = claimed;
  other.mark = mark_number(2);
  (void)claims.claim(other);
  CHECK(claims.claim(other).kind == Kind::granted);
  claimed.now_us += 60'000'000;
  CHECK(claims.claim(claimed).kind == Kind::granted);
}

TEST_CASE("no more is remembered than may be, the oldest goes first") {
  Claims claims(2);
  for (std::uint8_t number = 1; number <= 3; ++number) {
    const auto grant = claims.claim(wish(number, number));
    claims.release(mark_number(number), grant.incarnation, number);
  }
  CHECK(claims.counts().remembered == 2);
  CHECK_FALSE(claims.claim(wish(1, 10)).returning);
  CHECK(claims.claim(wish(2, 10)).returning);
  claims.set_remembered(0);
  CHECK(claims.counts().remembered == 0);
  CHECK(claims.counts().held == 2);
}

// Held against a map without bounds that forgets in the same order.
TEST_CASE("any order of claims and releases keeps the counts") {
  std::mt19937_64 random(7);
  Claims claims(20);
  std::map<std::uint8_t, std::uint64_t> held;
  for (std::uint64_t step = 1; step <= 50'000; ++step) {
    const auto number = static_cast<std::uint8_t>(random() % 60);
    if (random() % 2 == 0) {
      const auto grant = claims.claim(wish(number, step));
      REQUIRE(grant.holder.has_value() == held.contains(number));
      held[number] = grant.incarnation;
    } else if (const auto at = held.find(number); at != held.end()) {
      claims.release(mark_number(number), at->second, step);
      held.erase(at);
    }
    REQUIRE(claims.counts().held == held.size());
    REQUIRE(claims.counts().remembered <= 20);
  }
}

}  // namespace
}  // namespace waymark::proxy
