#include "session/group_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <tuple>

#include "marks.h"
#include "support/seed.h"

namespace waymark::session {
namespace {

const GroupTable::Limits kLimits;

std::vector<Mark> marks_in(const GroupTable& table, const PoolKey::View& key) {
  std::vector<Mark> marks;
  for (const Member& member : table.members(key)) marks.push_back(member.mark);
  return marks;
}

TEST_CASE("a group has its members by mark, each once") {
  GroupTable table;
  CHECK(table.join({0, "lobby"}, {mark(2), 1}, kLimits));
  CHECK(table.join({0, "lobby"}, {mark(1), 0}, kLimits));
  CHECK(table.join({0, "lobby"}, {mark(2), 1}, kLimits));
  CHECK(table.members({0, "lobby"}) == std::vector<Member>{{mark(1), 0}, {mark(2), 1}});
  CHECK(table.members({1, "lobby"}).empty());
  CHECK(table.memberships() == 2);
  CHECK(table.size() == 1);
}

TEST_CASE("a group is gone when its last member leaves or ends") {
  GroupTable table;
  CHECK(table.join({0, "lobby"}, {mark(1), 0}, kLimits));
  CHECK(table.join({0, "lobby"}, {mark(2), 0}, kLimits));
  table.leave({0, "lobby"}, mark(1));
  table.leave({0, "lobby"}, mark(1));
  table.leave({0, "nowhere"}, mark(2));
  CHECK(marks_in(table, {0, "lobby"}) == std::vector<Mark>{mark(2)});
  CHECK(table.release(mark(2)));
  CHECK_FALSE(table.release(mark(2)));
  CHECK(table.size() == 0);
  CHECK(table.memberships() == 0);
  CHECK(table.bytes() == 0);
}

TEST_CASE("groups are bounded, for one connection and for all") {
  GroupTable table;
  const GroupTable::Limits limits{.groups = 2, .of_one = 1};
  CHECK(table.join({0, "a"}, {mark(1), 0}, limits));
  CHECK_FALSE(table.join({0, "b"}, {mark(1), 0}, limits));
  CHECK(table.join({0, "a"}, {mark(1), 0}, limits));  // is in already
  CHECK(table.join({0, "b"}, {mark(2), 0}, limits));
  CHECK_FALSE(table.join({0, "c"}, {mark(3), 0}, limits));
  CHECK(table.join({0, "b"}, {mark(3), 0}, limits));
  CHECK_FALSE(table.join({0, "a"}, {mark(4), 0}, {.groups = 9, .of_one = 0}));
}

TEST_CASE("a connection takes its groups to another pool") {
  GroupTable table;
  CHECK(table.join({0, "lobby"}, {mark(1), 3}, kLimits));
  CHECK(table.join({1, "lobby"}, {mark(2), 0}, kLimits));
  table.move(mark(1), 1);
  CHECK(table.members({1, "lobby"}) == std::vector<Member>{{mark(1), 3}, {mark(2), 0}});
  CHECK(table.members({0, "lobby"}).empty());
  CHECK(table.groups_of(mark(1)) == std::vector<std::string>{"lobby"});
  CHECK(table.size() == 1);
}

TEST_CASE("a group table does what a set of pairs would") {
  using Row = std::tuple<std::uint32_t, std::string, Mark>;
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto below = [&](unsigned bound) { return static_cast<std::uint32_t>(random() % bound); };
  for (int round = 0; round < 50; ++round) {
    GroupTable table;
    std::set<Row> model;
    const GroupTable::Limits limits{.groups = 1 + below(6), .of_one = 1 + below(4)};
    std::vector<std::uint32_t> pool_of(6, 0);  // of each mark
    const auto groups_of = [&](const Mark& one) {
      std::set<std::string> groups;
      for (const auto& [pool, group, member] : model) {
        if (member == one) groups.insert(group);
      }
      return groups;
    };
    const auto erase_all = [&](const Mark& one) {
      std::erase_if(model, [&](const Row& row) { return std::get<2>(row) == one; });
    };
    const auto all_groups = [&] {
      std::set<std::pair<std::uint32_t, std::string>> groups;
      for (const auto& [pool, group, member] : model) groups.emplace(pool, group);
      return groups;
    };
    for (int step = 0; step < 400; ++step) {
      const std::uint32_t who = below(6);
      const Mark one = mark(static_cast<std::uint8_t>(who + 1));
      const std::string group(1, static_cast<char>('a' + below(5)));
      const std::uint32_t pool = pool_of[who];
      const std::uint32_t choice = below(100);
      if (choice < 60) {
        const bool is_in = model.contains({pool, group, one});
        const bool has_room =
            groups_of(one).size() < limits.of_one &&
            (all_groups().contains({pool, group}) || all_groups().size() < limits.groups);
        REQUIRE(table.join({pool, group}, {one, who}, limits) == (is_in || has_room));
        if (is_in || has_room) model.emplace(pool, group, one);
      } else if (choice < 80) {
        table.leave({pool, group}, one);
        model.erase({pool, group, one});
      } else if (choice < 92) {
        (void)table.release(one);
        erase_all(one);
      } else {
        const auto groups = groups_of(one);
        pool_of[who] = below(3);
        table.move(one, pool_of[who]);
        erase_all(one);
        for (const std::string& each : groups) model.emplace(pool_of[who], each, one);
      }
      std::set<Row> all;
      for (const auto& [key, members] : table.all()) {
        REQUIRE_FALSE(members.empty());
        REQUIRE(std::is_sorted(members.begin(), members.end()));
        for (const Member& member : members) {
          REQUIRE(all.emplace(key.pool, key.text, member.mark).second);
          REQUIRE(mark(static_cast<std::uint8_t>(member.worker + 1)) == member.mark);
        }
      }
      REQUIRE(all == model);
      REQUIRE(table.memberships() == model.size());
      REQUIRE(table.size() == all_groups().size());
      const auto listed = table.groups_of(one);
      REQUIRE(std::set<std::string>(listed.begin(), listed.end()) == groups_of(one));
      REQUIRE(listed.size() == groups_of(one).size());
    }
  }
}

}  // namespace
}  // namespace waymark::session
