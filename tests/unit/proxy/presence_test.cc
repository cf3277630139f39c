#include "proxy/presence.h"

#include <catch2/catch.hpp>

namespace waymark::proxy {
namespace {

Mark mark(std::uint8_t number) {
  std::array<std::uint8_t, Mark::kSize> bytes{};
  bytes.fill(number);
  return Mark(bytes);
}

struct Fixture {
  LimitSettings limits;
  ChunkPool chunks;
  MemoryBudget budget{64 * 1024 * 1024, chunks};
  Presence presence{limits, budget};

  void bind(std::uint32_t pool, std::string_view name, const Mark& who) {
    REQUIRE(presence.bind({pool, name}, who).outcome == session::NameTable::Outcome::done);
  }
  void join(std::uint32_t pool, std::string_view group, const Mark& who) {
    REQUIRE(presence.join({pool, group}, {who, 0}));
  }
};

TEST_CASE_METHOD(Fixture, "a name is looked for in one pool, or there first and then in all") {
  bind(1, "alice", mark(1));
  bind(2, "alice", mark(2));
  bind(3, "bob", mark(3));
  CHECK(presence.find({.pool = 2}, "alice") == mark(2));
  CHECK_FALSE(presence.find({.pool = 0}, "alice"));
  CHECK_FALSE(presence.find({.pool = 2}, "bob"));
  CHECK(presence.find({.pool = 2, .all = true}, "alice") == mark(2));
  CHECK(presence.find({.pool = 0, .all = true}, "alice") == mark(1));
  CHECK(presence.find({.pool = 9, .all = true}, "bob") == mark(3));
  CHECK_FALSE(presence.find({.pool = 0, .all = true}, "carol"));
}

TEST_CASE_METHOD(Fixture, "each worker has its part of a group") {
  REQUIRE(presence.join({0, "lobby"}, {mark(1), 0}));
  REQUIRE(presence.join({0, "lobby"}, {mark(2), 1}));
  REQUIRE(presence.join({0, "lobby"}, {mark(3), 1}));
  const auto first = presence.members({.pool = 0}, "lobby", 0);
  REQUIRE(first);
  CHECK(first->here == std::vector<Mark>{mark(1)});
  const auto third = presence.members({.pool = 0}, "lobby", 2);
  REQUIRE(third);
  CHECK(third->here.empty());
  presence.release(mark(1));
  const auto second = presence.members({.pool = 0}, "lobby", 1);
  REQUIRE(second);
  CHECK(second->here == std::vector<Mark>{mark(2), mark(3)});
}

TEST_CASE_METHOD(Fixture, "a group is that of the first pool that has one") {
  join(1, "lobby", mark(1));
  join(2, "lobby", mark(2));
  CHECK(presence.members({.pool = 2, .all = true}, "lobby", 0)->here.front() == mark(2));
  presence.release(mark(2));
  CHECK_FALSE(presence.members({.pool = 2}, "lobby", 0));
  const auto other = presence.members({.pool = 2, .all = true}, "lobby", 0);
  REQUIRE(other);
  CHECK(other->pool == 1);
  CHECK(other->here.front() == mark(1));
}

TEST_CASE_METHOD(Fixture, "what ends leaves nothing behind, in no table and not in the budget") {
  const std::size_t before = budget.used();
  bind(0, "alice", mark(1));
  join(0, "lobby", mark(1));
  presence.move(mark(1), 4);
  CHECK(presence.names_of(mark(1)) == std::vector<std::string>{"alice"});
  CHECK(presence.find({.pool = 4}, "alice") == mark(1));
  CHECK(budget.used() > before);
  const PresenceCounts counts = presence.counts();
  CHECK((counts.names == 1 && counts.groups == 1 && counts.group_members == 1));
  presence.release(mark(1));
  CHECK(budget.used() == before);
  const PresenceCounts after = presence.counts();
  CHECK((after.names == 0 && after.groups == 0 && after.group_members == 0));
}

TEST_CASE_METHOD(Fixture, "limits may change, and what is there stays") {
  bind(0, "a", mark(1));
  bind(0, "b", mark(1));
  limits.max_names_per_connection = 1;
  limits.max_groups = 0;
  limits.max_name_bytes = 7;
  presence.set_limits(limits);
  CHECK(presence.max_name_bytes() == 7);
  CHECK(presence.names_of(mark(1)).size() == 2);
  CHECK(presence.bind({0, "c"}, mark(1)).outcome == session::NameTable::Outcome::too_many);
  CHECK_FALSE(presence.join({0, "lobby"}, {mark(1), 0}));
}

// All rows of a table by pages of `limit`, while others come and go between them.
template <typename Row, typename Next, typename Between>
std::vector<Row> by_pages(std::size_t limit, Next&& next, Between&& between) {
  std::vector<Row> all;
  std::optional<session::PoolKey> after;
  while (true) {
    auto [page, last] = next(PresenceQuery{.pool = {}, .after = after, .limit = limit});
    all.insert(all.end(), page.rows.begin(), page.rows.end());
    if (!page.more) return all;
    after = last;
    between();
  }
}

TEST_CASE_METHOD(Fixture, "pages miss nothing that stays while other rows come and go") {
  std::vector<std::string> stay;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "stay" + std::to_string(100 + i);
    stay.push_back(name);
    bind(static_cast<std::uint32_t>(i / 10), name, mark(static_cast<std::uint8_t>(i % 5 + 1)));
    join(static_cast<std::uint32_t>(i / 10), name, mark(1));
  }
  std::uint32_t turn = 0;
  const auto disturb = [&] {
    presence.release(mark(99));
    ++turn;
    bind(turn % 2, "come" + std::to_string(turn), mark(99));
    bind(turn % 2, "zcome" + std::to_string(turn), mark(99));
  };
  const auto rows = by_pages<NameRow>(
      3,
      [&](const PresenceQuery& query) {
        auto page = presence.names(query);
        session::PoolKey last;
        if (!page.rows.empty()) last = {page.rows.back().pool, page.rows.back().name};
        return std::pair(page, last);
      },
      disturb);
  std::vector<std::string> seen;
  for (const NameRow& row : rows) {
    if (row.name.starts_with("stay")) seen.push_back(row.name);
  }
  CHECK(seen == stay);

  const auto groups = by_pages<GroupRow>(
      7,
      [&](const PresenceQuery& query) {
        auto page = presence.groups(query);
        return std::pair(page, session::PoolKey{page.rows.back().pool, page.rows.back().group});
      },
      disturb);
  CHECK(groups.size() == 20);
}

TEST_CASE_METHOD(Fixture, "pages of one pool end with it") {
  bind(0, "a", mark(1));
  bind(1, "b", mark(1));
  bind(1, "c", mark(1));
  bind(2, "d", mark(1));
  auto page = presence.names({.pool = 1, .after = {}, .limit = 1});
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].name == "b");
  CHECK(page.more);
  page = presence.names({.pool = 1, .after = session::PoolKey{1, "b"}, .limit = 1});
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].name == "c");
  CHECK_FALSE(page.more);
  CHECK(presence.names({.pool = 7, .after = {}, .limit = 1}).rows.empty());
}

TEST_CASE_METHOD(Fixture, "members are listed over all pools, by pool and mark") {
  for (std::uint8_t i = 1; i <= 4; ++i) join(i % 2, "lobby", mark(i));
  join(0, "other", mark(9));
  auto page = presence.members_of("lobby", {.pool = {}, .after = {}, .limit = 3});
  REQUIRE(page.rows.size() == 3);
  CHECK((page.rows[0].mark == mark(2) && page.rows[1].mark == mark(4)));
  CHECK((page.rows[2].mark == mark(1) && page.rows[2].pool == 1));
  CHECK(page.more);
  const session::PoolKey last{1, std::string(mark(1).bytes())};
  page = presence.members_of("lobby", {.pool = {}, .after = last, .limit = 3});
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].mark == mark(3));
  CHECK_FALSE(page.more);
  CHECK(presence.everyone_in("lobby", std::nullopt)->size() == 4);
  CHECK(presence.everyone_in("lobby", 1)->size() == 2);
  CHECK(presence.everyone_in("nobody", std::nullopt)->empty());
}

}  // namespace
}  // namespace waymark::proxy
