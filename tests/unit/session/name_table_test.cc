#include "session/name_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "marks.h"
#include "support/seed.h"

namespace waymark::session {
namespace {

using Outcome = NameTable::Outcome;

const NameTable::Limits kLimits;

TEST_CASE("a bound name is found, in its pool alone") {
  NameTable table;
  CHECK(table.bind({0, "alice"}, mark(1), kLimits).outcome == Outcome::done);
  CHECK(table.find({0, "alice"}) == mark(1));
  CHECK_FALSE(table.find({1, "alice"}));
  CHECK_FALSE(table.find({0, "bob"}));
  CHECK(table.names_of(mark(1)) == std::vector<std::string>{"alice"});
}

TEST_CASE("a name that somebody has is taken, and who has it is said") {
  NameTable table;
  (void)table.bind({0, "alice"}, mark(1), kLimits);
  const auto refused = table.bind({0, "alice"}, mark(2), kLimits);
  CHECK(refused.outcome == Outcome::taken);
  CHECK(refused.holder == mark(1));
  CHECK(table.find({0, "alice"}) == mark(1));
  CHECK(table.bind({1, "alice"}, mark(2), kLimits).outcome == Outcome::done);
}

TEST_CASE("binding a name again changes nothing") {
  NameTable table;
  (void)table.bind({0, "alice"}, mark(1), kLimits);
  const auto again = table.bind({0, "alice"}, mark(1), {.names = 1, .of_one = 1});
  CHECK(again.outcome == Outcome::done);
  CHECK(again.holder == mark(1));
  CHECK(table.size() == 1);
}

TEST_CASE("a name is free once it is unbound or its connection has ended") {
  NameTable table;
  (void)table.bind({0, "alice"}, mark(1), kLimits);
  (void)table.bind({0, "al"}, mark(1), kLimits);
  table.unbind({0, "alice"}, mark(2));  // not its own
  CHECK(table.find({0, "alice"}) == mark(1));
  table.unbind({0, "alice"}, mark(1));
  CHECK_FALSE(table.find({0, "alice"}));
  CHECK(table.release(mark(1)));
  CHECK_FALSE(table.release(mark(1)));
  CHECK(table.size() == 0);
  CHECK(table.bytes() == 0);
}

TEST_CASE("names are bounded, for one connection and for all") {
  NameTable table;
  const NameTable::Limits limits{.names = 3, .of_one = 2};
  CHECK(table.bind({0, "a"}, mark(1), limits).outcome == Outcome::done);
  CHECK(table.bind({0, "b"}, mark(1), limits).outcome == Outcome::done);
  CHECK(table.bind({0, "c"}, mark(1), limits).outcome == Outcome::too_many);
  CHECK(table.bind({0, "c"}, mark(2), limits).outcome == Outcome::done);
  CHECK(table.bind({0, "d"}, mark(2), limits).outcome == Outcome::too_many);
  table.release(mark(1));
  CHECK(table.bind({0, "d"}, mark(2), limits).outcome == Outcome::done);
}

TEST_CASE("a connection takes its names to another pool, but for those taken there") {
  NameTable table;
  (void)table.bind({0, "alice"}, mark(1), kLimits);
  (void)table.bind({0, "al"}, mark(1), kLimits);
  (void)table.bind({1, "alice"}, mark(2), kLimits);
  table.move(mark(1), 1);
  CHECK(table.names_of(mark(1)) == std::vector<std::string>{"al"});
  CHECK(table.find({1, "al"}) == mark(1));
  CHECK(table.find({1, "alice"}) == mark(2));
  CHECK_FALSE(table.find({0, "alice"}));
  CHECK(table.size() == 2);
}

// The same with two plain loops over a list of who has what.
class Model {
 public:
  NameTable::Bound bind(const PoolKey::View& key, const Mark& mark,
                        const NameTable::Limits& limits) {
    std::size_t has = 0;
    for (const auto& [at, holder] : rows_) {
      if (at.first == key.pool && at.second == key.text) {
        return {holder == mark ? Outcome::done : Outcome::taken, holder};
      }
      has += holder == mark ? 1 : 0;
    }
    if (rows_.size() >= limits.names || has >= limits.of_one) return {Outcome::too_many, Mark()};
    rows_.push_back({{key.pool, std::string(key.text)}, mark});
    return {Outcome::done, mark};
  }
  void unbind(const PoolKey::View& key, const Mark& mark) {
    std::erase_if(rows_, [&](const auto& row) {
      return row.first.first == key.pool && row.first.second == key.text && row.second == mark;
    });
  }
  void release(const Mark& mark) {
    std::erase_if(rows_, [&](const auto& row) { return row.second == mark; });
  }
  void move(const Mark& mark, std::uint32_t pool) {
    std::vector<std::string> names;
    for (const auto& row : rows_) {
      if (row.second == mark) names.push_back(row.first.second);
    }
    release(mark);
    for (const std::string& name : names) {
      (void)bind({pool, name}, mark, {.names = SIZE_MAX, .of_one = SIZE_MAX});
    }
  }
  [[nodiscard]] std::map<std::pair<std::uint32_t, std::string>, Mark> all() const {
    return {rows_.begin(), rows_.end()};
  }

 private:
  std::vector<std::pair<std::pair<std::uint32_t, std::string>, Mark>> rows_;
};

TEST_CASE("a name table does what a list would") {
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto below = [&](unsigned bound) { return static_cast<std::uint32_t>(random() % bound); };
  for (int round = 0; round < 50; ++round) {
    NameTable table;
    Model model;
    const NameTable::Limits limits{.names = 1 + below(12), .of_one = 1 + below(4)};
    std::vector<std::uint32_t> pool_of(6, 0);  // of each mark
    for (int step = 0; step < 400; ++step) {
      const std::uint32_t who = below(6);
      const Mark& one = mark(static_cast<std::uint8_t>(who + 1));
      const std::string name(1, static_cast<char>('a' + below(8)));
      const PoolKey::View key{pool_of[who], name};
      const std::uint32_t choice = below(100);
      if (choice < 60) {
        const auto got = table.bind(key, one, limits);
        const auto expected = model.bind(key, one, limits);
        REQUIRE(got.outcome == expected.outcome);
        REQUIRE(got.holder == expected.holder);
      } else if (choice < 80) {
        table.unbind(key, one);
        model.unbind(key, one);
      } else if (choice < 92) {
        (void)table.release(one);
        model.release(one);
      } else {
        pool_of[who] = below(3);
        table.move(one, pool_of[who]);
        model.move(one, pool_of[who]);
      }
      std::map<std::pair<std::uint32_t, std::string>, Mark> all;
      for (const auto& [at, holder] : table.all()) {
        all[{at.pool, at.text}] = holder;
        REQUIRE(table.find({at.pool, at.text}) == holder);
        const auto names = table.names_of(holder);
        REQUIRE(std::count(names.begin(), names.end(), at.text) == 1);
      }
      REQUIRE(all == model.all());
      REQUIRE(table.size() == all.size());
      REQUIRE((table.bytes() == 0) == all.empty());
    }
  }
}

}  // namespace
}  // namespace waymark::session
