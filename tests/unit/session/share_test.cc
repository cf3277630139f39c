#include "session/share.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <random>

namespace waymark::session {
namespace {

// What Share stands for: the bytes of each batch, by batches counted from the start of the test.
class ReferenceShare {
 public:
  void add(std::uint64_t batch, std::size_t size) { by_batch_[batch] += size; }
  void written(std::uint64_t through) {
    by_batch_.erase(by_batch_.begin(), by_batch_.upper_bound(through));
  }
  [[nodiscard]] std::size_t outstanding() const {
    std::size_t sum = 0;
    for (const auto& [batch, size] : by_batch_) sum += size;
    return sum;
  }
  [[nodiscard]] std::size_t batches() const { return by_batch_.size(); }

 private:
  std::map<std::uint64_t, std::size_t> by_batch_;
};

TEST_CASE("nothing is outstanding before the first event") {
  const Share share;
  CHECK(share.outstanding(0) == 0);
  CHECK(share.outstanding(std::numeric_limits<std::uint32_t>::max()) == 0);
}

TEST_CASE("an event is outstanding until its batch is written") {
  Share share;
  share.add(8, 100, 7);
  share.add(8, 20, 7);
  CHECK(share.outstanding(7) == 120);
  CHECK(share.outstanding(8) == 0);
  CHECK(share.outstanding(9) == 0);
}

TEST_CASE("the batch being written and the one that fills count separately") {
  Share share;
  share.add(8, 100, 7);
  share.add(9, 20, 7);
  CHECK(share.outstanding(7) == 120);
  CHECK(share.outstanding(8) == 20);
  CHECK(share.outstanding(9) == 0);
}

TEST_CASE("a connection that moved starts with nothing outstanding") {
  Share share;
  share.add(8, 100, 7);
  share.clear();
  CHECK(share.outstanding(7) == 0);
  share.add(3, 5, 2);  // the other link counts its own batches
  CHECK(share.outstanding(2) == 5);
}

// A link writes its batches in order and one at a time; any number of them may wait. With events
// in at most two batches the sum is exact. With more it may be too large, never too small, and it
// is exact again once the newest is written: pressure errs on the side of waiting.
TEST_CASE("agrees with a sum kept batch by batch") {
  const auto origin = GENERATE(std::uint32_t{0}, std::uint32_t{0x7fffff80},
                               std::numeric_limits<std::uint32_t>::max() - 100);
  const auto queue = GENERATE(std::uint64_t{1}, std::uint64_t{5});  // most batches not written
  CAPTURE(origin, queue);
  std::mt19937 random(origin + static_cast<std::uint32_t>(queue));
  const auto number = [&](std::uint64_t batch) {
    return static_cast<std::uint32_t>(origin + batch);  // wraps around during the test
  };
  Share share;
  ReferenceShare reference;
  std::uint64_t open = 1;
  std::uint64_t done = 0;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 4) {
      case 0:
      case 1: {
        const std::size_t size = 1 + random() % 2'000;
        share.add(number(open), size, number(done));
        reference.add(open, size);
        break;
      }
      case 2:
        if (open - done <= queue) ++open;
        break;
      default:
        if (done + 1 < open) reference.written(++done);
    }
    const std::size_t told = share.outstanding(number(done));
    REQUIRE(told >= reference.outstanding());
    if (queue == 1 || reference.batches() == 0) REQUIRE(told == reference.outstanding());
  }
  CHECK(done > 300);  // the numbers did wrap around
  CHECK(share.outstanding(number(open)) == 0);
}

}  // namespace
}  // namespace waymark::session
