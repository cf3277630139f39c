#include "control/upstream_life.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

#include "support/seed.h"

namespace waymark::control {
namespace {

using Check = HealthSettings::Check;
using Kind = ProbeResult::Kind;

constexpr std::uint32_t kMost = ~std::uint32_t{0};
constexpr std::uint64_t kBegin = 1'000'000;

// One upstream, and the clock it is told.
struct Watched {
  explicit Watched(const HealthSettings& given = {}) : settings(given) {}
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  const Standing& operator*() const { return life.standing(); }
  const Standing* operator->() const { return &life.standing(); }

  void links(std::uint32_t ready) { life.links(ready, 2, now); }
  void probe(Kind kind, const std::string& text = "as told") { life.probe({kind, text}, now); }
  // A probe when it is due.
  void due(Kind kind, const std::string& text = "as told") {
    now = std::max(now, life.standing().next_probe_at_ms);
    probe(kind, text);
  }
  void due(Kind kind, int times) {
    for (int i = 0; i < times; ++i) due(kind);
  }
  void lose(const std::string& why = "reset") {
    life.link_lost(why, now);
    links(0);
  }
  void pass(std::uint64_t ms) { life.tick(now += ms); }
  // Until the next probe.
  [[nodiscard]] std::uint64_t wait() const { return life.standing().next_probe_at_ms - now; }

  // Its health service has answered, its links are ready.
  Watched& well() {
    links(2);
    due(Kind::passing);
    REQUIRE(life.standing().state == State::ready);
    return *this;
  }
  Watched& failing() {
    well().due(Kind::failed, settings.fall);
    REQUIRE(life.standing().state == State::unhealthy);
    return *this;
  }
  Watched& dead() {
    failing();
    links(0);
    due(Kind::failed, settings.max_failures - settings.fall);
    REQUIRE(life.standing().state == State::dead);
    return *this;
  }

  HealthSettings settings;
  std::uint64_t now = kBegin;
  std::uint32_t random = 0;
  UpstreamLife life{settings, [this] { return random; }, kBegin};
};

HealthSettings checked_by(Check check) {
  HealthSettings settings;
  settings.check = check;
  return settings;
}

// --- joining ---

TEST_CASE("joins with its first ready link, at its whole weight") {
  Watched upstream;
  CHECK(upstream->state == State::joining);
  CHECK(upstream->role == Role::serve);  // workers pick it the moment their link is ready
  CHECK(upstream->problem == "no link is ready");
  CHECK(upstream->next_probe_at_ms == kBegin);
  upstream.life.link_failed("no connection", kBegin);
  upstream.links(0);
  CHECK(upstream->problem == "none of 2 links is ready: no connection");
  upstream.now += 7;
  upstream.links(1);
  CHECK(upstream->state == State::ready);
  CHECK(upstream->since_ms == kBegin + 7);
  CHECK(upstream->weight_percent == 100);
  CHECK(upstream->problem.empty());
}

TEST_CASE("one that does not come is unhealthy after as many failures as one that falls") {
  Watched upstream;
  upstream.due(Kind::failed, 2);
  CHECK(upstream->state == State::joining);
  CHECK(upstream->failures == 2);
  upstream.due(Kind::failed);
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::serve);  // its links keep trying
}

TEST_CASE("one that says NOT_SERVING while it joins is waited for, and not picked") {
  Watched upstream;
  upstream.probe(Kind::not_serving, "the server says NOT_SERVING");
  upstream.links(2);
  upstream.due(Kind::not_serving, 20);
  CHECK(upstream->state == State::joining);
  CHECK(upstream->role == Role::leave_politely);
  CHECK(upstream->problem == "health probe: as told");
  upstream.due(Kind::passing);
  CHECK(upstream->state == State::joining);
  CHECK(upstream->problem == "health probe: passed 1 of 2 times");
  upstream.due(Kind::passing);
  CHECK(upstream->state == State::ready);
  CHECK(upstream->role == Role::serve);
  CHECK(upstream->weight_percent == 100);
}

TEST_CASE("under grpc nobody is picked before a probe has passed, and no health service fails") {
  Watched upstream(checked_by(Check::grpc));
  upstream.links(2);
  CHECK(upstream->state == State::joining);
  CHECK(upstream->role == Role::leave_politely);
  CHECK(upstream->problem == "health probe: no answer yet");
  upstream.due(Kind::unsupported, 2);
  CHECK(upstream->state == State::joining);
  CHECK(upstream->problem == "health probe: as told");
  SECTION("a pass is enough") {
    upstream.due(Kind::passing);
    CHECK(upstream->state == State::ready);
    CHECK(upstream->role == Role::serve);
  }
  SECTION("and failures add up") {
    upstream.due(Kind::unsupported);
    CHECK(upstream->state == State::unhealthy);
    CHECK(upstream->role == Role::give_up);
  }
}

// --- ready and unhealthy ---

TEST_CASE("one that loses all its links is unhealthy until one is back") {
  Watched upstream;
  upstream.well().links(1);
  CHECK(upstream->state == State::ready);
  upstream.lose("stream reset");
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::serve);
  CHECK(upstream->problem == "none of 2 links is ready: stream reset");
  upstream.now += 300;
  upstream.links(1);
  CHECK(upstream->state == State::ready);
  CHECK(upstream->failures == 0);
}

TEST_CASE("probes must fail several times in a row, and pass several times in a row") {
  Watched upstream;
  upstream.well().due(Kind::failed, 2);
  CHECK(upstream->state == State::ready);
  upstream.due(Kind::failed, "no answer within 1000 ms");
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::give_up);
  CHECK(upstream->problem == "health probe: no answer within 1000 ms");
  CHECK(upstream->health == "no answer within 1000 ms");
  upstream.links(0);
  upstream.due(Kind::passing);
  CHECK(upstream->role == Role::give_up);
  upstream.due(Kind::passing);
  CHECK(upstream->state == State::unhealthy);  // its links were ended and may begin
  CHECK(upstream->role == Role::serve);
  upstream.links(2);
  CHECK(upstream->state == State::ready);
}

TEST_CASE("flapping probes neither fell nor raise") {
  Watched steady;
  steady.well();
  Watched down;
  down.failing().links(0);
  for (int i = 0; i < 50; ++i) {
    steady.due(Kind::failed, 2);
    steady.due(Kind::passing);
    CHECK(steady->state == State::ready);
    down.due(Kind::passing);
    down.due(Kind::failed);
    CHECK(down->role == Role::give_up);
    CHECK(down->state == State::unhealthy);
  }
}

TEST_CASE("NOT_SERVING counts at once, and never leads to death") {
  Watched upstream;
  upstream.well().probe(Kind::not_serving, "the server says NOT_SERVING");
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::leave_politely);
  CHECK(upstream->problem == "health probe: the server says NOT_SERVING");
  upstream.due(Kind::not_serving, 100);
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->failures == 0);
  upstream.due(Kind::passing, 2);
  CHECK(upstream->state == State::ready);
}

TEST_CASE("a server that is well and takes no links fails too") {
  Watched upstream;
  upstream.well().lose("the upstream chose protocol 9");
  upstream.due(Kind::passing, upstream.settings.max_failures);
  CHECK(upstream->state == State::dead);
  CHECK(upstream->problem == "dead: none of 2 links is ready: the upstream chose protocol 9");
  upstream.due(Kind::passing);  // and is tried again
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::serve);
}

TEST_CASE("slow start grows from a tenth to the whole, only for one that came back") {
  Watched upstream;
  upstream.well().lose();
  CHECK(upstream->weight_percent == 100);
  upstream.links(2);
  CHECK(upstream->weight_percent == 10);
  std::uint32_t before = 10;
  for (int i = 0; i < 10; ++i) {
    upstream.pass(1'000);
    CHECK(upstream->weight_percent == before + 9);
    before = upstream->weight_percent;
  }
  CHECK(upstream->weight_percent == 100);

  HealthSettings abrupt;
  abrupt.slow_start = Millis(0);
  Watched other(abrupt);
  other.well().lose();
  other.links(2);
  CHECK(other->weight_percent == 100);
}

// --- dead ---

TEST_CASE("dead comes after unhealthy and many failures, and is probed rarely") {
  Watched upstream;
  upstream.failing().links(0);
  for (int failures = 4; failures < 10; ++failures) {
    upstream.due(Kind::failed);
    CHECK(upstream->state == State::unhealthy);
    CHECK(upstream->failures == static_cast<std::uint32_t>(failures));
  }
  upstream.due(Kind::failed, "no connection within 1000 ms");
  CHECK(upstream->state == State::dead);
  CHECK(upstream->role == Role::give_up);
  CHECK(upstream->problem == "dead: health probe: no connection within 1000 ms");
  for (const std::uint32_t random : {0U, 1U, 5'999U, 12'345U, kMost}) {
    upstream.random = random;
    upstream.due(Kind::failed);
    CHECK(upstream->state == State::dead);
    CHECK(upstream.wait() >= 27'000);
    CHECK(upstream.wait() <= 33'000);
  }
}

TEST_CASE("a dead one that answers is probed as often as others, and rises as they do") {
  Watched upstream;
  upstream.dead().due(Kind::passing);
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::give_up);
  CHECK(upstream->failures == 0);
  CHECK(upstream.wait() <= 5'500);
  upstream.due(Kind::passing);
  CHECK(upstream->role == Role::serve);
  upstream.links(1);
  CHECK(upstream->state == State::ready);
  CHECK(upstream->weight_percent == 10);

  Watched stubborn;
  stubborn.dead().due(Kind::not_serving);
  CHECK(stubborn->state == State::unhealthy);
  CHECK(stubborn->role == Role::leave_politely);
}

TEST_CASE("a dead one that is judged by its links is given a trial at each probe") {
  Watched upstream;
  upstream.due(Kind::failed, 10);
  REQUIRE(upstream->state == State::dead);
  CHECK(upstream->role == Role::give_up);
  const Kind told = GENERATE(Kind::failed, Kind::unsupported);
  upstream.due(told);
  CHECK(upstream->state == State::dead);
  CHECK(upstream->role == Role::serve);
  SECTION("that ends with the first failure of a link") {
    upstream.life.link_failed("refused", upstream.now);
    CHECK(upstream->role == Role::give_up);
    CHECK(upstream.wait() >= 27'000);
  }
  SECTION("that ends after an interval") {
    upstream.pass(4'999);
    CHECK(upstream->role == Role::serve);
    upstream.pass(1);
    CHECK(upstream->role == Role::give_up);
  }
  SECTION("that ends well") {
    upstream.now += 100;
    upstream.links(1);
    CHECK(upstream->state == State::ready);
    CHECK(upstream->since_ms == upstream.now);
    CHECK(upstream->weight_percent == 10);
  }
}

// --- links alone ---

TEST_CASE("without a health service the links decide") {
  Watched upstream;
  upstream.links(2);
  upstream.due(GENERATE(Kind::unsupported, Kind::failed), 20);  // failed: never answered before
  CHECK(upstream->state == State::ready);
  CHECK(upstream->problem.empty());
  upstream.lose();
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::serve);
  upstream.due(Kind::unsupported, 10);
  CHECK(upstream->state == State::dead);
}

TEST_CASE("a server that comes back without health service is not held to the old one's word") {
  Watched upstream;
  upstream.failing().due(Kind::unsupported);
  CHECK(upstream->state == State::ready);
  upstream.due(Kind::failed, 20);
  CHECK(upstream->state == State::ready);
  CHECK(upstream->role == Role::serve);
}

TEST_CASE("under link nobody probes, and failures are counted by the clock") {
  Watched upstream(checked_by(Check::link));
  upstream.probe(Kind::not_serving);
  CHECK(upstream->role == Role::serve);
  CHECK(upstream->health.empty());
  std::set<State> seen;
  while (upstream->state != State::dead) {
    upstream.pass(100);
    seen.insert(upstream->state);
    REQUIRE(upstream.now < kBegin + 1'000'000);
  }
  CHECK(seen.count(State::unhealthy) == 1);
  CHECK(upstream->failures == 10);
  const std::uint64_t died = upstream.now;
  while (upstream->role == Role::give_up) upstream.pass(100);
  CHECK(upstream.now - died >= 27'000);
  CHECK(upstream.now - died <= 33'100);
  upstream.links(2);
  CHECK(upstream->state == State::ready);
  upstream.pass(100'000);
  CHECK(upstream->failures == 0);
}

// --- ejection ---

void lose_thrice(Watched& upstream) {
  for (int i = 0; i < 3; ++i) {
    upstream.now += 1'000;
    upstream.lose("stream reset");
    if (i < 2) upstream.links(2);
  }
}

TEST_CASE("links lost again and again eject, for a time") {
  Watched upstream;
  upstream.random = kMost;
  upstream.well();
  lose_thrice(upstream);
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::give_up);
  CHECK(upstream->problem == "ejected after 3 lost links, the last: stream reset");
  upstream.due(Kind::passing);  // well or not, and its links are not looked for
  CHECK(upstream->role == Role::give_up);
  CHECK(upstream->failures == 0);
  upstream.pass(5'000);
  CHECK(upstream->role == Role::serve);
  upstream.links(2);
  CHECK(upstream->state == State::ready);
  CHECK(upstream->weight_percent == 10);
}

TEST_CASE("one that is ejected is not blamed for having no links") {
  Watched upstream;
  upstream.random = kMost;
  upstream.links(2);
  lose_thrice(upstream);
  REQUIRE(upstream->role == Role::give_up);
  for (int i = 0; i < 20; ++i) upstream.probe(Kind::unsupported);
  CHECK(upstream->failures == 0);
  CHECK(upstream->state == State::unhealthy);
}

TEST_CASE("losses within a second are one, and those long ago are forgotten") {
  Watched upstream;
  upstream.well();
  for (int i = 0; i < 8; ++i) {  // eight workers, one crash
    upstream.now += 100;
    upstream.lose();
  }
  CHECK(upstream->role == Role::serve);
  for (int i = 0; i < 20; ++i) {
    upstream.links(2);
    upstream.now += 15'001;
    upstream.lose();
    CHECK(upstream->role == Role::serve);
  }
}

TEST_CASE("each ejection is twice as long as the one before, with jitter, up to a cap") {
  const std::uint32_t random = GENERATE(0U, kMost, 777U);
  HealthSettings settings;
  settings.eject_base = Millis(5'000);
  settings.eject_max = Millis(30'000);
  Watched upstream(settings);
  upstream.random = random;
  upstream.well();
  for (const std::uint64_t step : {5'000, 10'000, 20'000, 30'000, 30'000}) {
    upstream.links(2);
    lose_thrice(upstream);
    REQUIRE(upstream->role == Role::give_up);
    const std::uint64_t began = upstream.now;
    while (upstream->role == Role::give_up) upstream.pass(10);
    CHECK(upstream.now - began >= step / 2);
    CHECK(upstream.now - began <= step + 10);
  }
  upstream.links(2);
  upstream.pass(30'000);  // stable for a whole window: the next is short again
  lose_thrice(upstream);
  upstream.pass(5'000);
  CHECK(upstream->role == Role::serve);
}

TEST_CASE("links that end because they are told to do not eject") {
  HealthSettings settings;
  SECTION("in drain") {
    Watched upstream(settings);
    upstream.well().life.set_admin_state(AdminState::drain, upstream.now);
    lose_thrice(upstream);
    CHECK(upstream->role == Role::leave_politely);
  }
  SECTION("of one that is given up") {
    Watched upstream(settings);
    upstream.failing();
    lose_thrice(upstream);
    CHECK(upstream->problem == "health probe: as told");
    upstream.due(Kind::passing, 2);
    CHECK(upstream->role == Role::serve);
  }
  SECTION("where it is switched off") {
    settings.eject_after = 0;
    Watched upstream(settings);
    upstream.well();
    for (int i = 0; i < 10; ++i) lose_thrice(upstream);
    CHECK(upstream->role == Role::serve);
  }
}

// --- admin state, leaving, last resort ---

TEST_CASE("drain and maintenance take it out of service whatever its health") {
  const bool fails = GENERATE(false, true);
  Watched upstream;
  upstream.well();
  upstream.life.set_admin_state(AdminState::drain, upstream.now);
  CHECK(upstream->admin_state == AdminState::drain);
  CHECK(upstream->state == State::ready);
  CHECK(upstream->role == Role::leave_politely);
  CHECK(upstream->problem.empty());
  if (fails) {
    upstream.due(Kind::failed, 3);
    CHECK(upstream->role == Role::give_up);  // no answers are to be waited for
  }
  upstream.life.set_last_resort(true, upstream.now);
  CHECK(upstream->role == Role::leave_politely);
  upstream.life.set_admin_state(AdminState::maintenance, upstream.now);
  CHECK(upstream->role == Role::rest);
  CHECK(upstream->next_probe_at_ms == UpstreamLife::kNever);
  upstream.links(0);
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->problem == "in maintenance");
  for (int i = 0; i < 100; ++i) {
    upstream.probe(Kind::failed);
    upstream.pass(5'000);
  }
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::rest);

  upstream.life.set_admin_state(AdminState::ready, upstream.now);
  CHECK(upstream->role == Role::serve);
  CHECK(upstream->next_probe_at_ms == upstream.now);
  upstream.links(2);
  CHECK(upstream->state == State::ready);
  CHECK(upstream->weight_percent == 10);
}

TEST_CASE("out of maintenance into drain it is probed again") {
  Watched upstream;
  upstream.well().life.set_admin_state(AdminState::maintenance, upstream.now);
  upstream.life.set_admin_state(AdminState::drain, upstream.now);
  CHECK(upstream->next_probe_at_ms == upstream.now);
  CHECK(upstream->role == Role::leave_politely);
}

TEST_CASE("an operator's ready revives the dead, but NOT_SERVING stays its own word") {
  Watched upstream;
  upstream.dead().life.set_admin_state(AdminState::drain, upstream.now);
  CHECK(upstream->role == Role::give_up);
  upstream.life.set_admin_state(AdminState::ready, upstream.now);
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::serve);
  CHECK(upstream->failures == 0);

  Watched other;
  other.well().probe(Kind::not_serving);
  other.life.set_admin_state(AdminState::drain, other.now);
  other.life.set_admin_state(AdminState::ready, other.now);
  CHECK(other->role == Role::leave_politely);

  Watched ejected;
  ejected.well();
  lose_thrice(ejected);
  ejected.life.set_admin_state(AdminState::maintenance, ejected.now);
  ejected.life.set_admin_state(AdminState::ready, ejected.now);
  CHECK(ejected->role == Role::serve);
}

TEST_CASE("one that is meant to be ready already is forgiven when it is said again") {
  Watched ejected;
  ejected.well();
  lose_thrice(ejected);
  REQUIRE(ejected->role == Role::give_up);
  ejected.life.set_admin_state(AdminState::ready, ejected.now);
  CHECK(ejected->role == Role::give_up);  // as where its weight is changed
  ejected.life.forgive(ejected.now);
  CHECK(ejected->role == Role::serve);
  CHECK(ejected->next_probe_at_ms == ejected.now);

  Watched dead;
  dead.dead().life.forgive(dead.now);
  CHECK(dead->state == State::unhealthy);
  CHECK(dead->role == Role::serve);

  Watched resting;
  resting.well().life.set_admin_state(AdminState::maintenance, resting.now);
  resting.life.forgive(resting.now);
  CHECK(resting->role == Role::rest);
  CHECK(resting->next_probe_at_ms == UpstreamLife::kNever);
}

TEST_CASE("leaving is for good") {
  Watched upstream;
  upstream.well().life.leave(upstream.now += 5);
  const Standing left = *upstream;
  CHECK(left.state == State::leaving);
  CHECK(left.role == Role::leave_politely);
  CHECK(left.since_ms == upstream.now);
  CHECK(left.next_probe_at_ms == UpstreamLife::kNever);
  CHECK(left.problem == "being removed");
  upstream.links(0);
  upstream.probe(Kind::failed);
  lose_thrice(upstream);
  upstream.life.set_admin_state(AdminState::maintenance, upstream.now);
  upstream.life.set_last_resort(true, upstream.now);
  upstream.life.leave(upstream.now);
  upstream.pass(100'000);
  CHECK(*upstream == left);
}

TEST_CASE("the last of its pool stays in service though its probes fail, and says so") {
  Watched upstream;
  upstream.well().life.set_last_resort(true, upstream.now);
  upstream.due(Kind::failed, "no answer");
  upstream.due(Kind::failed, "no answer");
  upstream.due(Kind::failed, "no answer");
  CHECK(upstream->state == State::unhealthy);
  CHECK(upstream->role == Role::serve);
  CHECK(upstream->panic);
  CHECK(upstream->problem ==
        "no other of its pool could serve, so it does in spite of: health probe: no answer");
  upstream.due(Kind::failed, 20);
  CHECK(upstream->state == State::dead);
  CHECK(upstream->role == Role::serve);
  CHECK(upstream->panic);
  upstream.links(0);  // its links keep trying, which is no panic
  CHECK(upstream->role == Role::serve);
  CHECK_FALSE(upstream->panic);
  upstream.life.set_last_resort(false, upstream.now);
  CHECK(upstream->role == Role::give_up);
}

TEST_CASE("the last of its pool is not ejected from service, but its NOT_SERVING is heard") {
  Watched upstream;
  upstream.well().life.set_last_resort(true, upstream.now);
  lose_thrice(upstream);
  upstream.links(2);
  CHECK(upstream->role == Role::serve);
  CHECK(upstream->panic);
  upstream.probe(Kind::not_serving);
  CHECK(upstream->role == Role::leave_politely);
  CHECK_FALSE(upstream->panic);
}

TEST_CASE("a dead last resort that gets a link again is ready at once") {
  Watched upstream;
  upstream.life.set_last_resort(true, upstream.now);
  upstream.due(Kind::failed, 12);
  REQUIRE(upstream->state == State::dead);
  CHECK(upstream->role == Role::serve);
  upstream.links(1);
  CHECK(upstream->state == State::ready);
}

// --- when it is probed ---

TEST_CASE("a probe follows an interval after the last, a tenth more or less") {
  Watched upstream;
  std::set<std::uint64_t> waits;
  std::mt19937 random(1);  // NOLINT: the same each time
  upstream.well();
  for (int i = 0; i < 500; ++i) {
    upstream.random = static_cast<std::uint32_t>(random());
    upstream.due(i % 3 == 0 ? Kind::failed : Kind::passing);
    waits.insert(upstream.wait());
  }
  CHECK(*waits.begin() >= 4'500);
  CHECK(*waits.begin() <= 4'600);
  CHECK(*waits.rbegin() <= 5'500);
  CHECK(*waits.rbegin() >= 5'400);
}

TEST_CASE("probes of an unhealthy one back off, with jitter, and not beyond those of a dead one") {
  const std::uint32_t random = GENERATE(0U, kMost, 4'242U);
  HealthSettings settings;
  settings.max_failures = 100;
  Watched upstream(settings);
  upstream.well();
  upstream.random = random;
  upstream.due(Kind::failed, 3);
  for (const std::uint64_t step : {5'000, 10'000, 20'000, 30'000, 30'000, 30'000}) {
    CHECK(upstream.wait() >= step / 2);
    CHECK(upstream.wait() <= step);
    upstream.due(Kind::failed);
  }
  upstream.due(Kind::passing);
  CHECK(upstream.wait() <= 5'500);
  upstream.due(Kind::failed);
  CHECK(upstream.wait() <= 5'000);
}

TEST_CASE("settings of nothing do not stop it or make it spin") {
  HealthSettings none{.check = GENERATE(Check::automatic, Check::grpc, Check::link),
                      .interval = Millis(0),
                      .timeout = Millis(0),
                      .rise = 0,
                      .fall = 0,
                      .max_failures = 0,
                      .dead_interval = Millis(0),
                      .slow_start = Millis(0),
                      .eject_after = 1,
                      .eject_window = Millis(0),
                      .eject_base = Millis(0),
                      .eject_max = Millis(0)};
  Watched upstream(none);
  for (int i = 0; i < 20; ++i) {
    upstream.due(static_cast<Kind>(i % 4));
    upstream.lose();
    upstream.links(1);
    upstream.pass(1);
    if (none.check != Check::link) CHECK(upstream->next_probe_at_ms > upstream.now - 2);
  }
}

TEST_CASE("states and admin states have the words of the admin API") {
  CHECK(name_of(State::joining) == "joining");
  CHECK(name_of(State::ready) == "ready");
  CHECK(name_of(State::unhealthy) == "unhealthy");
  CHECK(name_of(State::dead) == "dead");
  CHECK(name_of(State::leaving) == "leaving");
  CHECK(name_of(AdminState::ready) == "ready");
  CHECK(name_of(AdminState::drain) == "drain");
  CHECK(name_of(AdminState::maintenance) == "maintenance");
}

// --- whatever comes ---

// What one input may lead to; a state may be passed through at once.
bool allowed(State from, State to) {
  if (from == to || to == State::leaving) return from != State::leaving || to == from;
  switch (from) {
    case State::joining:
      return to == State::ready || to == State::unhealthy;
    case State::ready:
      return to == State::unhealthy;
    case State::unhealthy:
      return to == State::ready || to == State::dead;
    case State::dead:
      return to == State::unhealthy || to == State::ready;
    case State::leaving:
      return false;
  }
  return false;
}

TEST_CASE("whatever comes in whatever order, the promises hold") {
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto any = [&](std::uint32_t count) {
    return static_cast<std::uint32_t>(random()) % count;
  };
  std::map<State, int> reached;
  for (int round = 0; round < 400; ++round) {
    HealthSettings settings;
    settings.check = static_cast<Check>(any(3));
    settings.rise = 1 + static_cast<int>(any(3));
    settings.fall = 1 + static_cast<int>(any(4));
    settings.max_failures = settings.fall + 1 + static_cast<int>(any(5));
    settings.eject_after = static_cast<int>(any(4));
    UpstreamLife life(
        settings, [&] { return static_cast<std::uint32_t>(random()); }, kBegin);
    std::uint64_t now = kBegin;
    AdminState admin = AdminState::ready;
    bool ever_ready = false;
    bool was_unhealthy = false;
    std::uint32_t links = 0;
    const std::uint32_t bias = any(5);  // some rounds fail mostly
    for (int step = 0; step < 200; ++step) {
      const Standing before = life.standing();
      now += any(10) == 0 ? any(60'000) : any(1'500);
      bool probed = false;
      switch (any(12)) {
        case 0:
          life.link_lost("lost", now);
          break;
        case 1:
          life.link_failed("failed", now);
          break;
        case 2:
        case 3:
          links = bias == 0 ? 0 : any(3);
          life.links(links, 2, now);
          break;
        case 4:
          if (any(4) != 0) break;
          admin = static_cast<AdminState>(any(3));
          life.set_admin_state(admin, now);
          break;
        case 5:
          life.set_last_resort(any(2) == 0, now);
          break;
        case 6:
          if (any(100) == 0) life.leave(now);
          break;
        case 7:
        case 8:
        case 9:
          life.probe({bias == 0 ? Kind::failed : static_cast<Kind>(any(4)), "told"}, now);
          probed = true;
          break;
        default:
          life.tick(now);
      }
      const Standing after = life.standing();
      ++reached[after.state];
      CAPTURE(round, step, name_of(before.state), name_of(after.state));
      REQUIRE(allowed(before.state, after.state));
      REQUIRE(after.weight_percent >= 10);
      REQUIRE(after.weight_percent <= 100);
      if (after.weight_percent < 100) REQUIRE((after.state == State::ready && was_unhealthy));
      ever_ready = ever_ready || after.state == State::ready;
      was_unhealthy = was_unhealthy || after.state == State::unhealthy ||
                      after.state == State::dead || after.state != before.state;
      if (after.state == State::leaving) {
        REQUIRE(after.role == Role::leave_politely);
        REQUIRE(after.next_probe_at_ms == UpstreamLife::kNever);
        continue;
      }
      REQUIRE(after.admin_state == admin);
      if (admin != AdminState::ready) REQUIRE(after.role != Role::serve);
      REQUIRE((after.role == Role::rest) == (admin == AdminState::maintenance));
      REQUIRE((after.next_probe_at_ms == UpstreamLife::kNever) ==
              (admin == AdminState::maintenance));
      if (after.state == State::ready) {
        REQUIRE(links > 0);
        REQUIRE(after.problem.empty());
        if (admin == AdminState::ready) REQUIRE(after.role == Role::serve);
      } else {
        REQUIRE_FALSE(after.problem.empty());
      }
      if (after.panic) REQUIRE((after.role == Role::serve && after.state != State::ready));
      if (after.state == before.state) REQUIRE(after.since_ms == before.since_ms);
      if (after.state != before.state) REQUIRE(after.since_ms == now);
      if (probed && settings.check != Check::link && admin != AdminState::maintenance) {
        REQUIRE(after.next_probe_at_ms > now);
        REQUIRE(after.next_probe_at_ms <= now + 33'000);
        if (after.state == State::dead) REQUIRE(after.next_probe_at_ms >= now + 27'000);
      }
    }
  }
  for (const State state : {State::joining, State::ready, State::unhealthy, State::dead}) {
    CHECK(reached[state] > 0);
  }
}

TEST_CASE("remembers the latest changes of its state, and what was wrong then") {
  Watched upstream;
  REQUIRE(upstream.life.history().size() == 1);
  CHECK(upstream.life.history().front().state == State::joining);
  CHECK(upstream.life.history().front().at_ms == kBegin);
  upstream.well();
  upstream.pass(5'000);
  upstream.lose("cable");
  const auto& history = upstream.life.history();
  REQUIRE(history.size() == 3);
  CHECK(history[1].state == State::ready);
  CHECK(history[1].problem.empty());
  CHECK(history[2].state == State::unhealthy);
  CHECK(history[2].at_ms == upstream.now);
  CHECK(history[2].problem == upstream->problem);
  upstream.pass(100);  // nothing changes
  CHECK(history.size() == 3);
  for (std::size_t i = 0; i < 2 * UpstreamLife::kMostChanges; ++i) {
    upstream.pass(60'000);
    upstream.links(i % 2 == 0 ? 2 : 0);
  }
  CHECK(history.size() == UpstreamLife::kMostChanges);
  CHECK(history.back().state == upstream->state);
  CHECK(history.back().at_ms == upstream->since_ms);
}

}  // namespace
}  // namespace waymark::control
