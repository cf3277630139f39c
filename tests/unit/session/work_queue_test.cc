#include "session/work_queue.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "marks.h"
#include "support/seed.h"

namespace waymark::session {
namespace {

using Order = WorkQueue::Order;

QueuedFrame frame(std::uint64_t seq, std::uint64_t received_at = 0) {
  return {.seq = seq, .received_at = received_at, .payload = "frame " + std::to_string(seq)};
}

// The marks and seqs that go out, in their order, until nobody's may.
std::vector<std::pair<Mark, std::uint64_t>> all_that_may_go(WorkQueue& queue) {
  std::vector<std::pair<Mark, std::uint64_t>> gone;
  while (const Mark* turn = queue.turn()) {
    const Mark mark = *turn;
    gone.emplace_back(mark, queue.pop().seq);
  }
  return gone;
}

TEST_CASE("connections take turns, whoever has more in line") {
  WorkQueue queue(Order::any);
  for (std::uint64_t seq = 1; seq <= 4; ++seq) queue.push(mark(1), frame(seq));
  queue.push(mark(2), frame(1));
  queue.push(mark(3), frame(1));
  using Gone = std::vector<std::pair<Mark, std::uint64_t>>;
  CHECK(all_that_may_go(queue) ==
        Gone{{mark(1), 1}, {mark(2), 1}, {mark(3), 1}, {mark(1), 2}, {mark(1), 3}, {mark(1), 4}});
  CHECK(queue.frames() == 0);
  CHECK(queue.bytes() == 0);
  CHECK(queue.may_pass(mark(1)));
}

TEST_CASE("a frame that comes again stands where its number says") {
  WorkQueue queue(Order::any);
  queue.push(mark(1), frame(5));
  queue.push(mark(1), frame(6));
  queue.push(mark(1), frame(2));
  REQUIRE(queue.turn() != nullptr);
  CHECK(queue.front().seq == 2);
  CHECK(queue.waits(mark(1)));
  CHECK(queue.bytes() == 3 * std::string("frame 0").size());
}

TEST_CASE("one at a time, a line rests until what went out is finished") {
  WorkQueue queue(Order::one_at_a_time);
  CHECK(queue.may_pass(mark(1)));
  queue.passed(mark(1));
  CHECK_FALSE(queue.may_pass(mark(1)));
  queue.push(mark(1), frame(2));
  queue.push(mark(2), frame(1));
  REQUIRE(queue.turn() != nullptr);
  CHECK(*queue.turn() == mark(2));
  CHECK(queue.pop().seq == 1);
  CHECK(queue.turn() == nullptr);
  queue.finished(mark(1));
  REQUIRE(queue.turn() != nullptr);
  CHECK(*queue.turn() == mark(1));
  CHECK(queue.pop().seq == 2);
  queue.finished(mark(1));
  queue.finished(mark(1));  // once too often
  CHECK(queue.may_pass(mark(1)));
  CHECK_FALSE(queue.may_pass(mark(2)));
}

TEST_CASE("in any order, a line does not rest") {
  WorkQueue queue(Order::any);
  queue.passed(mark(1));
  CHECK(queue.may_pass(mark(1)));
}

TEST_CASE("a frame nobody takes is dropped, and the next one has its turn") {
  WorkQueue queue(Order::one_at_a_time);
  queue.push(mark(1), frame(1));
  queue.push(mark(1), frame(2));
  REQUIRE(queue.turn() != nullptr);
  CHECK(queue.drop().seq == 1);
  REQUIRE(queue.turn() != nullptr);
  CHECK(queue.front().seq == 2);
}

TEST_CASE("a line that is taken away leaves nothing behind") {
  WorkQueue queue(Order::one_at_a_time);
  queue.passed(mark(1));
  queue.push(mark(1), frame(2));
  queue.push(mark(1), frame(3));
  const auto taken = queue.take(mark(1));
  REQUIRE(taken.size() == 2);
  CHECK(taken.front().seq == 2);
  CHECK(queue.frames() == 0);
  CHECK(queue.may_pass(mark(1)));
  CHECK(queue.take(mark(1)).empty());
  CHECK(queue.turn() == nullptr);
}

TEST_CASE("frames that have waited too long are taken out, whatever their place") {
  WorkQueue queue(Order::any);
  queue.push(mark(1), frame(1, 100));
  queue.push(mark(1), frame(2, 300));
  queue.push(mark(2), frame(1, 100));
  std::vector<std::uint64_t> expired;
  queue.expire(200, [&](const Mark&, const QueuedFrame& each) { expired.push_back(each.seq); });
  CHECK(expired == std::vector<std::uint64_t>{1, 1});
  CHECK(queue.frames() == 1);
  CHECK(queue.may_pass(mark(2)));
  CHECK(all_that_may_go(queue).size() == 1);
}

TEST_CASE("whatever happens, each line goes out in order, one at a time, and nothing is lost") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  WorkQueue queue(Order::one_at_a_time);
  std::map<Mark, std::uint64_t> pushed;
  std::map<Mark, std::uint64_t> gone;
  std::map<Mark, bool> out;
  for (int step = 0; step < 20'000; ++step) {
    const Mark who = mark(static_cast<std::uint8_t>(random() % 8));
    switch (random() % 3) {
      case 0:
        queue.push(who, frame(++pushed[who]));
        break;
      case 1:
        if (out[who]) queue.finished(who);
        out[who] = false;
        break;
      default:
        if (const Mark* turn = queue.turn()) {
          const Mark next = *turn;
          REQUIRE_FALSE(out[next]);
          REQUIRE(queue.pop().seq == ++gone[next]);
          out[next] = true;
        }
    }
  }
  for (auto& [who, is_out] : out) queue.finished(who);
  while (const Mark* turn = queue.turn()) {
    const Mark next = *turn;
    REQUIRE(queue.pop().seq == ++gone[next]);
    queue.finished(next);
  }
  CHECK(gone == pushed);
  CHECK(queue.frames() == 0);
}

}  // namespace
}  // namespace waymark::session
