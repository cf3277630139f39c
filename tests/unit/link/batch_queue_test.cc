#include "link/batch_queue.h"

#include <catch2/catch.hpp>
#include <string>

namespace {

using waymark::ChunkPool;
using waymark::Mark;
using waymark::link::Appended;
using waymark::link::BatchQueue;
using waymark::session::Window;
using waymark::wire::EventKind;

constexpr std::uint64_t kFirstDelivery = 1000;
constexpr std::size_t kNoMessageLimit = 64 * 1024 * 1024;

struct Queue {
  ChunkPool chunks;
  BatchQueue queue{chunks, Window(1 << 20, 100), kFirstDelivery};

  Appended append(std::string_view payload, std::size_t max_message = kNoMessageLimit) {
    return queue.append({.mark = *Mark::from_bytes(std::string(16, 'm')), .seq = 1},
                        EventKind::payload, payload, max_message);
  }
};

}  // namespace

TEST_CASE("writes once a pass has brought nothing new") {
  Queue q;
  CHECK(q.queue.end_pass(false) == BatchQueue::Pass::nothing);
  q.append("a");
  CHECK(q.queue.end_pass(false) == BatchQueue::Pass::look_again);
  q.append("b");
  CHECK(q.queue.end_pass(false) == BatchQueue::Pass::look_again);
  CHECK(q.queue.end_pass(false) == BatchQueue::Pass::write);
  CHECK(q.queue.begin_write().events == 2);
}

TEST_CASE("writes after kMaxPasses even if every pass brings more") {
  Queue q;
  for (int pass = 1; pass < BatchQueue::kMaxPasses; ++pass) {
    q.append("a");
    REQUIRE(q.queue.end_pass(false) == BatchQueue::Pass::look_again);
  }
  q.append("a");
  CHECK(q.queue.end_pass(false) == BatchQueue::Pass::write);
}

TEST_CASE("gathers while a write is under way, and looks again after it") {
  Queue q;
  q.append("a");
  for (int pass = 0; pass < 2 * BatchQueue::kMaxPasses; ++pass) {
    REQUIRE(q.queue.end_pass(true) == BatchQueue::Pass::nothing);
  }
  q.append("b");
  CHECK(q.queue.end_pass(false) == BatchQueue::Pass::look_again);
}

TEST_CASE("counts the frames of each batch once it has settled") {
  Queue q;
  for (int i = 0; i < 5; ++i) q.append("a");
  (void)q.queue.begin_write();
  q.queue.append({}, EventKind::ping, {}, kNoMessageLimit);
  q.queue.complete_write(0);
  (void)q.queue.begin_write();
  q.queue.complete_write(0);
  CHECK(q.queue.settle(0).batch_frames.sum() == 0);
  const auto settled = q.queue.settle(BatchQueue::kSettleMs).batch_frames;
  CHECK(settled.sum() == 5);
  CHECK(settled.counts()[0] == 1);  // the one without frames
  CHECK(settled.counts()[3] == 1);  // up to 16
}

TEST_CASE("tells when the first frame in flight was received") {
  Queue q;
  const auto append = [&](std::uint64_t received_at, EventKind kind) {
    q.queue.append({.seq = 1, .received_at = received_at}, kind, "a", kNoMessageLimit);
  };
  append(7, EventKind::opened);
  append(8, EventKind::payload);
  append(9, EventKind::payload);
  CHECK(q.queue.in_flight_since() == 0);
  (void)q.queue.begin_write();
  CHECK(q.queue.in_flight_since() == 8);
  append(10, EventKind::opened);
  q.queue.complete_write(0);
  (void)q.queue.begin_write();
  CHECK(q.queue.in_flight_since() == 0);
}

TEST_CASE("is full once kFlushBytes have gathered") {
  Queue q;
  q.append(std::string(BatchQueue::kFlushBytes / 2, 'x'));
  CHECK_FALSE(q.queue.full());
  q.append(std::string(BatchQueue::kFlushBytes / 2, 'x'));
  CHECK(q.queue.full());
}

TEST_CASE("an event goes into the batch whose number it was told") {
  Queue q;
  const Appended first = q.append("a");
  CHECK(q.append("b").batch == first.batch);
  REQUIRE(q.queue.begin_write().events == 2);
  const Appended second = q.append("c");
  CHECK(second.batch == first.batch + 1);
  CHECK(q.queue.written_batch() < first.batch);
  q.queue.complete_write(0);
  CHECK(q.queue.written_batch() == first.batch);
  (void)q.queue.begin_write();
  q.queue.complete_write(0);
  CHECK(q.queue.written_batch() == second.batch);
}

TEST_CASE("batches stay below the largest message the upstream takes") {
  Queue q;
  constexpr std::size_t kMax = 10'000;
  std::uint32_t newest = 0;
  for (int i = 0; i < 10; ++i) newest = q.append(std::string(4'000, 'x'), kMax).batch;
  std::size_t events = 0;
  while (q.queue.waiting()) {
    const auto& batch = q.queue.begin_write();
    CHECK(batch.bytes <= kMax);
    events += batch.events;
    q.queue.complete_write(0);
  }
  CHECK(events == 10);
  CHECK(q.queue.written_batch() == newest);
}

TEST_CASE("one event larger than any message limit has a batch of its own") {
  Queue q;
  q.append("small", 1'000);
  q.append(std::string(5'000, 'x'), 1'000);
  CHECK(q.queue.begin_write().events == 1);
  CHECK(q.queue.begin_write().events == 1);
}

TEST_CASE("the window holds what waits and what is in flight") {
  Queue q;
  const std::size_t a = q.append("a").size;
  (void)q.queue.begin_write();
  const std::size_t b = q.append("bb").size;
  CHECK(q.queue.window().bytes() == a + b);
  CHECK(q.queue.window().events() == 2);
  CHECK(q.queue.frames() == 2);
  q.queue.complete_write(0);
  CHECK(q.queue.window().bytes() == b);
  CHECK(q.queue.frames() == 2);  // one of them has yet to settle
  CHECK(q.queue.settle(BatchQueue::kSettleMs).frames == 1);
  CHECK(q.queue.frames() == 1);
}

TEST_CASE("a written batch settles after a while, or when enough others are written") {
  Queue q;
  for (std::size_t i = 0; i <= BatchQueue::kMaxSettling; ++i) {
    q.append("a");
    (void)q.queue.begin_write();
    q.queue.complete_write(1'000);
  }
  CHECK(q.queue.settle(1'000).batches == 1);
  CHECK(q.queue.settle(1'000 + BatchQueue::kSettleMs - 1).batches == 0);
  CHECK(q.queue.settle(1'000 + BatchQueue::kSettleMs).batches == BatchQueue::kMaxSettling);
}

TEST_CASE("a sign of life during the write settles it too: an answer may overtake its completion") {
  Queue q;
  q.append("a");
  (void)q.queue.begin_write();
  q.queue.settle_written();
  q.queue.complete_write(1'000);
  CHECK(q.queue.settle(1'000).frames == 1);
}

TEST_CASE("what has not settled is in doubt, and a sign of life settles it") {
  Queue q;
  q.append("early");
  (void)q.queue.begin_write();
  q.queue.complete_write(1'000);
  q.queue.settle_written();
  q.append("late");
  (void)q.queue.begin_write();
  q.queue.complete_write(1'000);
  const auto lost = q.queue.take_all(Window(1 << 20, 100));
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].in_doubt);
  CHECK(q.queue.settle(1'000).frames == 1);
}

TEST_CASE("gives up everything, what was in flight first and in doubt") {
  Queue q;
  q.append("flying");
  (void)q.queue.begin_write();
  const Appended waiting = q.append("waiting");
  const auto lost = q.queue.take_all(Window(1 << 20, 100));
  REQUIRE(lost.size() == 2);
  CHECK(lost[0].in_doubt);
  CHECK_FALSE(lost[1].in_doubt);
  CHECK(q.queue.window().empty());
  CHECK_FALSE(q.queue.waiting());
  CHECK(q.queue.written_batch() == waiting.batch);
  CHECK(q.append("next").batch == waiting.batch + 1);
}

TEST_CASE("gives chunks back once nothing is held") {
  Queue q;
  for (int i = 0; i < 100; ++i) q.append(std::string(20'000, 'x'));
  while (q.queue.waiting()) {
    (void)q.queue.begin_write();
    q.queue.complete_write(0);
  }
  (void)q.queue.settle(BatchQueue::kSettleMs);
  CHECK(q.chunks.bytes_in_use() <= waymark::Chunk::kSize);  // the one being filled
}
