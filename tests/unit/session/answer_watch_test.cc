#include "session/answer_watch.h"

#include <catch2/catch.hpp>

#include "session/session.h"

namespace waymark::session {
namespace {

constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;

TEST_CASE("an answer that names the watched frame tells the time since it was read") {
  AnswerWatch watch;
  watch.frame(1, kStart);
  CHECK(watch.watches(1));
  CHECK(watch.answered(1, kStart + 50) == 50);
  CHECK(watch.answered(1, kStart + 60) == std::nullopt);  // once
}

TEST_CASE("one frame at a time is watched") {
  AnswerWatch watch;
  watch.frame(1, kStart);
  watch.frame(2, kStart + 10);
  CHECK(watch.answered(2, kStart + 20) == std::nullopt);
  CHECK(watch.answered(1, kStart + 90) == 90);  // though it was overtaken
  watch.frame(3, kStart + 100);
  CHECK(watch.answered(3, kStart + 130) == 30);
}

TEST_CASE("an answer to no frame tells nothing") {
  AnswerWatch watch;
  CHECK_FALSE(watch.watches(0));
  CHECK(watch.answered(0, kStart) == std::nullopt);
}

TEST_CASE("a frame that is not answered makes way after ten seconds") {
  AnswerWatch watch;
  watch.frame(1, kStart);
  watch.frame(2, kStart + 10 * kSecond - 1);
  CHECK(watch.watches(1));
  watch.frame(3, kStart + 10 * kSecond);
  CHECK(watch.watches(3));
}

TEST_CASE("a late answer counts as long as no other frame came") {
  AnswerWatch watch;
  watch.frame(1, kStart);
  CHECK(watch.answered(1, kStart + 60 * kSecond) == 60 * kSecond);
}

TEST_CASE("a clock set back neither stops the watch nor makes times of years") {
  AnswerWatch watch;
  watch.frame(1, kStart);
  CHECK(watch.answered(1, kStart - kSecond) == 0);
  watch.frame(2, kStart);
  watch.frame(3, kStart - kSecond);
  CHECK(watch.watches(3));
}

TEST_CASE("what was sent to another upstream is watched no more") {
  Session session(*Mark::parse("00112233-4455-4677-8899-aabbccddeeff"), 0);
  session.attach(0, 0);
  session.answers().frame(1, kStart);
  session.attach(1, 0);
  CHECK_FALSE(session.answers().watches(1));
}

}  // namespace
}  // namespace waymark::session
