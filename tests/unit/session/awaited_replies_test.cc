#include "session/awaited_replies.h"

#include <catch2/catch.hpp>
#include <vector>

#include "marks.h"

namespace waymark::session {
namespace {

using Reply = AwaitedReplies::Reply;

std::vector<std::uint64_t> expired(AwaitedReplies& replies, std::uint64_t before,
                                   bool answers_may_come = true) {
  std::vector<std::uint64_t> seqs;
  replies.expire(
      before, [&](const Mark&, std::uint64_t seq) { seqs.push_back(seq); },
      [=](const Mark&) { return answers_may_come; });
  return seqs;
}

TEST_CASE("an answer that names no frame belongs to the oldest of its connection") {
  AwaitedReplies replies;
  replies.ask(mark(1), 1, 100);
  replies.ask(mark(2), 1, 100);
  replies.ask(mark(1), 2, 200);
  CHECK(replies.answered_oldest(mark(1)) == Reply::in_time);
  CHECK(replies.answered(mark(1), 1) == Reply::unasked);
  CHECK(replies.answered_oldest(mark(1)) == Reply::in_time);
  CHECK(replies.answered_oldest(mark(1)) == Reply::unasked);
  CHECK(replies.open() == 1);
  CHECK(replies.answered(mark(2), 1) == Reply::in_time);
  CHECK(replies.remembered() == 0);
}

TEST_CASE("an answer that comes too late is known as one, and does not pass for the next") {
  AwaitedReplies replies;
  replies.ask(mark(1), 1, 100);
  replies.ask(mark(1), 2, 200);
  CHECK(expired(replies, 200) == std::vector<std::uint64_t>{1});
  CHECK(expired(replies, 200).empty());
  CHECK(replies.open() == 1);
  CHECK(replies.remembered() == 2);
  CHECK(replies.answered_oldest(mark(1)) == Reply::too_late);
  CHECK(replies.answered_oldest(mark(1)) == Reply::in_time);
  CHECK(replies.remembered() == 0);
}

TEST_CASE("answers that name their frames may come in any order") {
  AwaitedReplies replies;
  for (const std::uint64_t seq : {1, 2, 3}) replies.ask(mark(1), seq, seq * 100);
  CHECK(expired(replies, 250) == std::vector<std::uint64_t>{1, 2});
  CHECK(replies.answered(mark(1), 3) == Reply::in_time);
  CHECK(replies.answered(mark(1), 2) == Reply::too_late);
  CHECK(replies.answered(mark(1), 2) == Reply::unasked);
}

TEST_CASE("what a lost upstream has not answered is still given up in time") {
  AwaitedReplies lost;
  AwaitedReplies kept;
  lost.ask(mark(1), 1, 100);
  lost.ask(mark(1), 2, 300);
  CHECK(expired(lost, 200) == std::vector<std::uint64_t>{1});
  lost.move_open_to(kept);
  CHECK(lost.remembered() == 0);
  CHECK(kept.open() == 1);
  CHECK(expired(kept, 400, false) == std::vector<std::uint64_t>{2});
  CHECK(kept.remembered() == 0);
}

TEST_CASE("what was given up is forgotten once its answer cannot come") {
  AwaitedReplies replies;
  replies.ask(mark(1), 1, 100);
  CHECK(expired(replies, 200) == std::vector<std::uint64_t>{1});
  CHECK(replies.gave_up(mark(1), 1));
  CHECK_FALSE(replies.gave_up(mark(1), 2));
  CHECK(expired(replies, 200, false).empty());
  CHECK_FALSE(replies.gave_up(mark(1), 1));
  CHECK(replies.remembered() == 0);
}

}  // namespace
}  // namespace waymark::session
