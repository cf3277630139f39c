#include "route/picker.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace waymark::route {
namespace {

constexpr std::uint64_t kPeriod = 1'000;

std::size_t nobody(std::size_t) { return 0; }

Mark mark_of(std::mt19937_64& random) {
  std::array<std::uint8_t, Mark::kSize> bytes{};
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return Mark(bytes);
}

// Upstreams with indices from 10, so that they are not their places.
const std::vector<std::string> kAddresses = {"10.0.0.1:7001", "10.0.0.2:7001", "10.0.0.3:7001",
                                             "10.0.0.4:7001"};
Member member(std::size_t number, std::uint32_t weight = 1) {
  return {10 + number, kAddresses[number], weight};
}

std::vector<std::size_t> turns(const Picker& picker, std::uint64_t first, std::uint64_t count) {
  std::vector<std::size_t> taken;
  for (std::uint64_t ticket = first; ticket < first + count; ++ticket) {
    taken.push_back(*picker.pick(ticket, Mark(), nobody));
  }
  return taken;
}

TEST_CASE("no ready upstream gets nothing") {
  const Balance balance =
      GENERATE(Balance::round_robin, Balance::least_connections, Balance::mark_hash);
  Picker picker(balance);
  CHECK(picker.empty());
  CHECK(picker.pick(0, Mark(), nobody) == std::nullopt);
  picker.set(member(0));
  CHECK_FALSE(picker.empty());
  CHECK(picker.pick(7, Mark(), nobody) == 10);
  picker.remove(10);
  picker.remove(10);
  CHECK(picker.empty());
  CHECK(picker.pick(7, Mark(), nobody) == std::nullopt);
}

TEST_CASE("the upstreams take turns in configured order, however they became ready") {
  Picker picker(Balance::round_robin);
  for (const std::size_t number : {2, 0, 1}) picker.set(member(number));
  picker.set(member(1));  // again
  CHECK(turns(picker, 0, 7) == std::vector<std::size_t>{10, 11, 12, 10, 11, 12, 10});
  picker.remove(11);
  CHECK(turns(picker, 0, 4) == std::vector<std::size_t>{10, 12, 10, 12});
}

TEST_CASE("turns are shared by weight, and those of a heavy upstream do not come in a row") {
  Picker picker(Balance::round_robin);
  picker.set(member(0, 5));
  picker.set(member(1, 1));
  picker.set(member(2, 1));
  CHECK(turns(picker, 0, 7) == std::vector<std::size_t>{10, 10, 11, 10, 12, 10, 10});
}

TEST_CASE("any period of turns is shared exactly by weight") {
  std::mt19937_64 random(20240611);
  for (int round = 0; round < 50; ++round) {
    Picker picker(Balance::round_robin);
    std::map<std::size_t, std::uint32_t> weights;
    std::uint32_t sum = 0;
    for (std::size_t number = 0; number < 1 + random() % kAddresses.size(); ++number) {
      const auto weight = static_cast<std::uint32_t>(1 + random() % 100);
      picker.set(member(number, weight));
      weights[10 + number] = weight;
      sum += weight;
    }
    std::map<std::size_t, std::uint32_t> taken;
    for (const std::size_t upstream : turns(picker, random() % kPeriod, sum)) ++taken[upstream];
    CHECK(taken == weights);
  }
}

TEST_CASE("the least connected for its weight is picked, in turn among equals") {
  Picker picker(Balance::least_connections);
  picker.set(member(0, 1));
  picker.set(member(1, 4));
  picker.set(member(2, 1));
  std::map<std::size_t, std::size_t> connections = {{10, 3}, {11, 9}, {12, 3}};
  const auto count = [&](std::size_t upstream) { return connections[upstream]; };
  CHECK(picker.pick(0, Mark(), count) == 11);
  connections[11] = 12;  // now as loaded as the others
  CHECK(picker.pick(0, Mark(), count) == 10);
  CHECK(picker.pick(1, Mark(), count) == 11);
  CHECK(picker.pick(2, Mark(), count) == 12);
  connections[12] = 2;
  CHECK(picker.pick(0, Mark(), count) == 12);
}

TEST_CASE("filling by least connections ends up at the weights") {
  Picker picker(Balance::least_connections);
  picker.set(member(0, 1));
  picker.set(member(1, 2));
  picker.set(member(2, 5));
  std::map<std::size_t, std::size_t> connections;
  for (std::uint64_t ticket = 0; ticket < 800; ++ticket) {
    ++connections[*picker.pick(ticket, Mark(), [&](std::size_t u) { return connections[u]; })];
  }
  CHECK(connections == std::map<std::size_t, std::size_t>{{10, 100}, {11, 200}, {12, 500}});
}

// Written down once: proxies of different versions have to agree.
TEST_CASE("the home of a mark is the same in every version") {
  Picker picker(Balance::mark_hash);
  for (std::size_t number = 0; number < kAddresses.size(); ++number) picker.set(member(number));
  std::vector<std::size_t> homes;
  for (const std::string_view mark :
       {"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002",
        "6f1ed002-ab59-4d1b-8ef0-0d9b2a1c3f44", "ffffffff-ffff-4fff-bfff-ffffffffffff"}) {
    homes.push_back(*picker.pick(0, *Mark::parse(mark), nobody));
  }
  CHECK(homes == std::vector<std::size_t>{11, 12, 11, 12});
}

TEST_CASE("the home of a mark depends on nothing but the mark and the ready addresses") {
  std::mt19937_64 random(20240611);
  Picker picker(Balance::mark_hash);
  Picker other(Balance::mark_hash);  // numbered otherwise, filled in another order
  for (std::size_t number = 0; number < kAddresses.size(); ++number) picker.set(member(number));
  for (std::size_t number = kAddresses.size(); number-- > 0;) {
    other.set({100 - number, kAddresses[number], 1});
  }
  for (int i = 0; i < 1'000; ++i) {
    const Mark mark = mark_of(random);
    const std::size_t home = *picker.pick(random(), mark, nobody);
    CHECK(*other.pick(random(), mark, nobody) == 100 - (home - 10));
  }
}

TEST_CASE("an upstream that goes moves its own marks only, and they come back with it") {
  std::mt19937_64 random(20240611);
  Picker picker(Balance::mark_hash);
  for (std::size_t number = 0; number < kAddresses.size(); ++number) picker.set(member(number));
  for (int i = 0; i < 1'000; ++i) {
    const Mark mark = mark_of(random);
    const std::size_t home = *picker.pick(0, mark, nobody);
    picker.remove(12);
    const std::size_t without = *picker.pick(0, mark, nobody);
    CHECK(without != 12);
    if (home != 12) CHECK(without == home);
    picker.set(member(2));
    CHECK(*picker.pick(0, mark, nobody) == home);
  }
}

TEST_CASE("marks are spread by weight") {
  std::mt19937_64 random(20240611);
  Picker picker(Balance::mark_hash);
  picker.set(member(0, 1));
  picker.set(member(1, 3));
  constexpr int kMarks = 20'000;
  int heavy = 0;
  for (int i = 0; i < kMarks; ++i) heavy += *picker.pick(0, mark_of(random), nobody) == 11 ? 1 : 0;
  CHECK(heavy > kMarks * 0.73);
  CHECK(heavy < kMarks * 0.77);
}

}  // namespace
}  // namespace waymark::route
