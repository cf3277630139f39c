#include "route/ready_set.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

namespace waymark::route {
namespace {

std::vector<std::size_t> listed(const ReadySet& set) {
  return {set.upstreams().begin(), set.upstreams().end()};
}

TEST_CASE("lists the ready upstreams in configured order, however they became ready") {
  ReadySet set;
  CHECK(set.empty());
  for (const std::size_t upstream : {4, 0, 2}) set.add(upstream);
  CHECK(listed(set) == std::vector<std::size_t>{0, 2, 4});
  set.add(2);
  CHECK(listed(set) == std::vector<std::size_t>{0, 2, 4});
  set.remove(0);
  set.remove(3);
  CHECK(listed(set) == std::vector<std::size_t>{2, 4});
  set.remove(2);
  set.remove(4);
  CHECK(set.empty());
}

TEST_CASE("agrees with std::set through any changes") {
  std::mt19937 random(20240611);
  ReadySet set;
  std::set<std::size_t> reference;
  for (int step = 0; step < 5'000; ++step) {
    const std::size_t upstream = random() % 12;
    if (random() % 2 == 0) {
      set.add(upstream);
      reference.insert(upstream);
    } else {
      set.remove(upstream);
      reference.erase(upstream);
    }
    REQUIRE(listed(set) == std::vector<std::size_t>(reference.begin(), reference.end()));
    REQUIRE(set.empty() == reference.empty());
  }
}

}  // namespace
}  // namespace waymark::route
