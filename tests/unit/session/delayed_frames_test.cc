#include "session/delayed_frames.h"

#include <catch2/catch.hpp>
#include <vector>

#include "marks.h"

namespace waymark::session {
namespace {

DelayedFrame delayed(std::uint8_t of, std::uint64_t seq, std::uint64_t due_ms,
                     std::uint32_t upstream = 0, std::uint64_t received_at = 0) {
  return {.mark = mark(of),
          .upstream = upstream,
          .due_ms = due_ms,
          .frame = {.seq = seq, .received_at = received_at, .payload = "four"}};
}

std::vector<std::uint64_t> seqs(const std::vector<DelayedFrame>& frames) {
  std::vector<std::uint64_t> seqs;
  for (const DelayedFrame& each : frames) seqs.push_back(each.frame.seq);
  return seqs;
}

using Seqs = std::vector<std::uint64_t>;

TEST_CASE("each refused frame is held until its own time") {
  DelayedFrames frames;
  frames.hold(delayed(1, 1, 600));
  frames.hold(delayed(1, 2, 100));
  frames.hold(delayed(2, 1, 100));
  CHECK(frames.frames() == 3);
  CHECK(frames.bytes() == 12);
  CHECK(frames.take_due(99).empty());
  CHECK(seqs(frames.take_due(100)) == Seqs{2, 1});
  CHECK(frames.waits(mark(1)));
  CHECK_FALSE(frames.waits(mark(2)));
  CHECK(seqs(frames.take_due(1000)) == Seqs{1});
  CHECK_FALSE(frames.waits(mark(1)));
  CHECK(frames.frames() == 0);
  CHECK(frames.bytes() == 0);
}

TEST_CASE("frames are taken out when they are late, or when who refused them is gone") {
  DelayedFrames frames;
  frames.hold(delayed(1, 1, 600, 4, 100));
  frames.hold(delayed(1, 2, 600, 5, 200));
  frames.hold(delayed(1, 3, 600, 4, 300));
  CHECK(seqs(frames.take_late(150)) == Seqs{1});
  CHECK(seqs(frames.take_of(4)) == Seqs{3});
  CHECK(frames.waits(mark(1)));
  CHECK(seqs(frames.take_of(5)) == Seqs{2});
  CHECK_FALSE(frames.waits(mark(1)));
}

}  // namespace
}  // namespace waymark::session
