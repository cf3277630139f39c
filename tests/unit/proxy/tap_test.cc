#include "proxy/tap.h"

#include <array>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace waymark::proxy {
namespace {

constexpr auto kUp = TapFrame::Direction::up;
constexpr auto kDown = TapFrame::Direction::down;

void add(Tap& tap, std::uint64_t seq, std::string_view payload,
         TapFrame::Direction direction = kUp) {
  tap.add({.direction = direction, .seq = seq, .at = 1000 + seq}, wire::Bytes(payload));
}

// What is there, for comparing: "up 1 abc", "down 2 ab+1", "dropped 3", "end ADMIN".
std::vector<std::string> all_of(Tap& tap) {
  std::vector<std::string> all;
  while (const auto item = tap.take()) {
    if (const auto* frame = std::get_if<TapFrame>(&*item)) {
      CHECK(frame->at == 1000 + frame->seq);
      const std::uint64_t cut = frame->size - frame->bytes.size();
      all.push_back(std::string(frame->direction == kUp ? "up " : "down ") +
                    std::to_string(frame->seq) + " " + frame->bytes +
                    (cut > 0 ? "+" + std::to_string(cut) : ""));
    } else if (const auto* dropped = std::get_if<TapDropped>(&*item)) {
      all.push_back("dropped " + std::to_string(dropped->frames));
    } else {
      all.push_back("end " + std::string(name_of(std::get<TapEnd>(*item).reason)));
    }
  }
  return all;
}

using Seen = std::vector<std::string>;

TEST_CASE("shows frames in their order, and the end once") {
  Tap tap({});
  CHECK_FALSE(tap.take());
  add(tap, 1, "one");
  add(tap, 1, "eins", kDown);
  add(tap, 2, "");
  tap.end(CloseReason::admin);
  add(tap, 3, "late");
  tap.end(CloseReason::client_reset);
  CHECK(all_of(tap) == Seen{"up 1 one", "down 1 eins", "up 2 ", "end ADMIN"});
  CHECK_FALSE(tap.take());
  CHECK(tap.counts().seen == 3);
  CHECK(tap.counts().taken == 3);
}

TEST_CASE("keeps the first bytes of a frame, whatever pieces it is in") {
  Tap tap({.frame_bytes = 4});
  add(tap, 1, "1234");
  add(tap, 2, "12345");
  const std::array<std::string_view, 2> rest = {"cd", "efgh"};
  tap.add({.direction = kDown, .seq = 3, .at = 1003}, wire::Bytes("ab", rest.data(), 7));
  CHECK(all_of(tap) == Seen{"up 1 1234", "up 2 1234+1", "down 3 abcd+3"});
}

TEST_CASE("counts what a slow reader misses, where it is missing") {
  constexpr std::size_t kCost = sizeof(TapItem) + 10;
  Tap tap({.queue_bytes = 4 * kCost});
  const std::string ten(10, 'x');
  for (std::uint64_t seq = 1; seq <= 7; ++seq) add(tap, seq, ten);
  // One is taken, but the rest is still more than half.
  CHECK(std::get<TapFrame>(*tap.take()).seq == 1);
  add(tap, 8, ten);
  CHECK(std::get<TapFrame>(*tap.take()).seq == 2);
  CHECK(std::get<TapFrame>(*tap.take()).seq == 3);
  add(tap, 9, ten);
  add(tap, 10, ten);
  CHECK(all_of(tap) == Seen{"up 4 " + ten, "dropped 4", "up 9 " + ten, "up 10 " + ten});
  CHECK(tap.counts().seen == 10);
  CHECK(tap.counts().taken == 6);
}

TEST_CASE("keeps so many bytes a second, with what telling of a frame takes") {
  Tap tap({.frame_bytes = 2, .bytes_per_second = 4 * (Tap::kFrameCost + 2)});
  int woken = 0;
  tap.open([&] { ++woken; });
  tap.tick(5'000);
  for (std::uint64_t seq = 1; seq <= 9; ++seq) add(tap, seq, "long");
  CHECK(all_of(tap) == Seen{"up 1 lo+2", "up 2 lo+2", "up 3 lo+2", "up 4 lo+2"});
  CHECK(woken == 1);
  tap.tick(5'499);  // less than half of it has come again
  add(tap, 10, "");
  CHECK(all_of(tap).empty());
  CHECK(woken == 1);
  tap.tick(5'500);
  CHECK(woken == 2);
  CHECK(all_of(tap) == Seen{"dropped 6"});
  add(tap, 11, "long");
  add(tap, 12, "long");
  add(tap, 13, "long");
  CHECK(all_of(tap) == Seen{"up 11 lo+2", "up 12 lo+2"});
  tap.end(CloseReason::admin);
  CHECK(all_of(tap) == Seen{"dropped 1", "end ADMIN"});
  CHECK(tap.counts().seen == 13);
}

TEST_CASE("tells of the last frames missing before the end") {
  Tap tap({.queue_bytes = 0});
  add(tap, 1, "a");
  CHECK(all_of(tap) == Seen{"dropped 1"});
  add(tap, 2, "b");
  tap.end(CloseReason::client_closed);
  CHECK(all_of(tap) == Seen{"dropped 1", "end CLIENT_CLOSED"});
}

TEST_CASE("what waits for the reader is bounded, also if frames are empty") {
  Tap tap({.queue_bytes = 100 * sizeof(TapItem)});
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) add(tap, seq, "");
  CHECK(all_of(tap).size() == 101);  // and what was dropped
}

TEST_CASE("wakes the reader when there is something again") {
  Tap tap({});
  int woken = 0;
  tap.open([&] { ++woken; });
  add(tap, 1, "a");
  add(tap, 2, "b");
  CHECK(woken == 1);
  CHECK(all_of(tap).size() == 2);
  add(tap, 3, "c");
  CHECK(woken == 2);
  tap.end(CloseReason::admin);
  CHECK(woken == 3);
}

TEST_CASE("a reader that has gone is neither woken nor written for") {
  Tap tap({});
  bool woken = false;
  add(tap, 1, "a");
  tap.open([&] { woken = true; });
  CHECK_FALSE(tap.closed());
  tap.close();
  CHECK(tap.closed());
  add(tap, 2, "b");
  tap.end(CloseReason::admin);
  CHECK_FALSE(woken);
  CHECK_FALSE(tap.take());
  CHECK(tap.counts().seen == 1);
}

TEST_CASE("one thread writes while another reads: every frame is shown or counted") {
  constexpr std::uint64_t kFrames = 20'000;
  Tap tap({.queue_bytes = 50 * sizeof(TapItem)});
  std::thread worker([&] {
    for (std::uint64_t seq = 1; seq <= kFrames; ++seq) add(tap, seq, "x");
    tap.end(CloseReason::client_closed);
  });
  std::uint64_t next = 1;
  bool in_order = true;
  for (bool ended = false; !ended;) {
    const auto item = tap.take();
    if (!item) continue;
    if (const auto* frame = std::get_if<TapFrame>(&*item)) {
      in_order = in_order && frame->seq == next++;
    } else if (const auto* dropped = std::get_if<TapDropped>(&*item)) {
      next += dropped->frames;
    } else {
      ended = true;
    }
  }
  worker.join();
  CHECK(in_order);
  CHECK(next == kFrames + 1);
}

}  // namespace
}  // namespace waymark::proxy
