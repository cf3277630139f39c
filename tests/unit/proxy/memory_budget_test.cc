#include "proxy/memory_budget.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace waymark::proxy {
namespace {

using Level = MemoryBudget::Level;

TEST_CASE("reading stops at 85 percent, the largest close at 95") {
  const ChunkPool chunks;
  MemoryBudget budget(1'000'000, chunks);
  const auto [used, level] =
      GENERATE(table<std::size_t, Level>({{0, Level::normal},
                                          {849'999, Level::normal},
                                          {850'000, Level::stop_reading},
                                          {949'999, Level::stop_reading},
                                          {950'000, Level::close_largest},
                                          {2'000'000, Level::close_largest}}));
  budget.add(used);
  CHECK(budget.used() == used);
  CHECK(budget.level() == level);
  budget.remove(used);
  CHECK(budget.level() == Level::normal);
}

TEST_CASE("chunks that are in use count") {
  ChunkPool chunks;
  MemoryBudget budget(10 * Chunk::kSize, chunks);
  budget.add(8 * Chunk::kSize);
  CHECK(budget.level() == Level::normal);
  {
    const ChunkRef chunk = chunks.take();
    CHECK(budget.used() == 9 * Chunk::kSize);
    CHECK(budget.level() == Level::stop_reading);
    const ChunkRef another = chunks.take();
    CHECK(budget.level() == Level::close_largest);
  }
  CHECK(budget.used() == 8 * Chunk::kSize);
}

TEST_CASE("counts exactly from several threads") {
  const ChunkPool chunks;
  MemoryBudget budget(1'000'000, chunks);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        budget.add(7);
        budget.remove(5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(budget.used() == 80'000);
}

}  // namespace
}  // namespace waymark::proxy
