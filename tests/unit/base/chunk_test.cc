#include "base/chunk.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

namespace waymark {
namespace {

TEST_CASE("a chunk has the standard size unless more is asked for") {
  ChunkPool pool;
  CHECK(pool.take()->capacity() == Chunk::kSize);
  CHECK(pool.take(1)->capacity() == Chunk::kSize);
  CHECK(pool.take(Chunk::kSize)->capacity() == Chunk::kSize);
  CHECK(pool.take(Chunk::kSize + 1)->capacity() == Chunk::kSize + 1);
}

TEST_CASE("bytes in use count capacity, from take to the last share") {
  ChunkPool pool;
  CHECK(pool.bytes_in_use() == 0);
  {
    const ChunkRef first = pool.take(10);
    const ChunkRef large = pool.take(1'000'000);
    CHECK(pool.bytes_in_use() == Chunk::kSize + 1'000'000);
    const ChunkRef same = first;
    CHECK(pool.bytes_in_use() == Chunk::kSize + 1'000'000);
  }
  CHECK(pool.bytes_in_use() == 0);
}

TEST_CASE("a chunk stays while any share of it does") {
  ChunkPool pool;
  ChunkRef first = pool.take();
  Chunk* chunk = first.get();
  ChunkRef second = first;
  ChunkRef moved = std::move(first);
  first = ChunkRef();
  CHECK(pool.bytes_in_use() == Chunk::kSize);
  moved = ChunkRef();
  CHECK(pool.bytes_in_use() == Chunk::kSize);
  CHECK(second.get() == chunk);
  second = ChunkRef();
  CHECK(pool.bytes_in_use() == 0);
}

TEST_CASE("a share may be assigned to itself") {
  ChunkPool pool;
  ChunkRef ref = pool.take();
  ChunkRef& same = ref;
  ref = same;
  REQUIRE(ref);
  CHECK(pool.bytes_in_use() == Chunk::kSize);
}

TEST_CASE("a released share comes back by adopt") {
  ChunkPool pool;
  ChunkRef ref = pool.take();
  Chunk* loose = ref.release();
  CHECK_FALSE(ref);
  CHECK(pool.bytes_in_use() == Chunk::kSize);
  { const ChunkRef adopted = ChunkRef::adopt(loose); }
  CHECK(pool.bytes_in_use() == 0);
}

TEST_CASE("a range shows its own bytes") {
  ChunkPool pool;
  const ChunkRef ref = pool.take();
  std::string_view("abcdef").copy(ref->data(), 6);
  const ChunkRange range{ref, 2, 3};
  CHECK(range.bytes() == "cde");
}

TEST_CASE("a returned chunk of the standard size is handed out again") {
  ChunkPool pool;
  Chunk* before = pool.take().get();
  CHECK(pool.take().get() == before);
}

TEST_CASE("no more than max_spare chunks are kept") {
  ChunkPool pool(1);
  std::vector<ChunkRef> taken = {pool.take(), pool.take(), pool.take()};
  Chunk* first_returned = taken.back().get();
  while (!taken.empty()) taken.pop_back();
  CHECK(pool.bytes_in_use() == 0);
  CHECK(pool.take().get() == first_returned);
}

TEST_CASE("the last share may end on another thread") {
  ChunkPool pool;
  constexpr int kThreads = 4;
  constexpr int kRounds = 500;
  for (int round = 0; round < kRounds; ++round) {
    ChunkRef ref = pool.take(round % 3 == 0 ? Chunk::kSize + 1 : 0);
    std::fill_n(ref->data(), 64, 'x');
    std::vector<std::thread> readers;
    for (int i = 0; i < (round % 50 == 0 ? kThreads : 1); ++i) {
      readers.emplace_back([range = ChunkRange{ref, 0, 64}]() mutable {
        const bool whole = range.bytes() == std::string(64, 'x');
        range.chunk = ChunkRef();
        if (!whole) std::abort();
      });
    }
    ref = ChunkRef();
    for (std::thread& reader : readers) reader.join();
    REQUIRE(pool.bytes_in_use() == 0);
  }
}

TEST_CASE("threads that take and return at once leave nothing in use") {
  ChunkPool pool(2);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&pool, i] {
      for (int round = 0; round < 2000; ++round) {
        const ChunkRef ref = pool.take();
        ref->data()[0] = static_cast<char>(i);
        const ChunkRef same = ref;
        if (same->data()[0] != static_cast<char>(i)) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(pool.bytes_in_use() == 0);
}

}  // namespace
}  // namespace waymark
