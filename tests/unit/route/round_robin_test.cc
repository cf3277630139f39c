#include "route/round_robin.h"

#include <catch2/catch.hpp>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

namespace waymark::route {
namespace {

// `count` upstreams whose indices are not their places.
std::vector<std::size_t> some_upstreams(std::size_t count) {
  std::vector<std::size_t> upstreams(count);
  std::iota(upstreams.begin(), upstreams.end(), 10);
  return upstreams;
}

TEST_CASE("no ready upstream gets nothing") {
  CHECK(round_robin(0, {}) == std::nullopt);
  CHECK(round_robin(7, {}) == std::nullopt);
}

TEST_CASE("the upstreams take turns in their order") {
  const std::vector<std::size_t> ready = {2, 5, 6};
  std::vector<std::size_t> turns;
  for (std::uint64_t ticket = 0; ticket < 7; ++ticket) turns.push_back(*round_robin(ticket, ready));
  CHECK(turns == std::vector<std::size_t>{2, 5, 6, 2, 5, 6, 2});
}

TEST_CASE("any run of turns is shared evenly") {
  const auto count = GENERATE(1U, 2U, 3U, 7U, 16U);
  const auto first = GENERATE(0U, 1U, 5U, 1'000'003U);
  const auto ready = some_upstreams(count);
  std::map<std::size_t, int> taken;
  for (std::uint64_t ticket = first; ticket < first + 10 * count; ++ticket) {
    ++taken[*round_robin(ticket, ready)];
  }
  REQUIRE(taken.size() == count);
  for (const auto& [upstream, turns] : taken) CHECK(turns == 10);
}

TEST_CASE("the last ticket is as good as the first") {
  const auto ready = some_upstreams(3);
  const auto last = round_robin(std::numeric_limits<std::uint64_t>::max(), ready);
  REQUIRE(last.has_value());
  CHECK(*last >= 10);
  CHECK(*last <= 12);
}

}  // namespace
}  // namespace waymark::route
