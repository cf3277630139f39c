#include "session/session.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "marks.h"

namespace waymark::session {
namespace {

const Mark kMark = *Mark::parse("00112233-4455-4677-8899-aabbccddeeff");
constexpr Ms kStart = 1'000;
constexpr Deadlines kDeadlines{.frame_timeout = 300,
                               .idle_timeout = 5'000,
                               .half_close_timeout = 400,
                               .no_upstream_timeout = 600,
                               .down_soft_timeout = 200};

Session served() {
  Session session(kMark, kStart);
  session.attach(0, kStart);
  return session;
}

std::optional<CloseReason> overdue(const Session& session, Ms after_start, bool reading = true) {
  return session.overdue(kDeadlines, reading, kStart + after_start);
}

TEST_CASE("numbers frames from 1 and sums their bytes") {
  Session session(kMark, kStart);
  CHECK(session.mark() == kMark);
  CHECK(session.opened_at() == kStart);
  CHECK(session.last_seq() == 0);
  CHECK(session.add_frame(10, kStart) == 1);
  CHECK(session.add_frame(0, kStart) == 2);
  CHECK(session.add_frame(5, kStart) == 3);
  CHECK(session.last_seq() == 3);
  CHECK(session.bytes_up() == 15);
  session.add_output(7, kStart);
  session.add_output(0, kStart);
  CHECK(session.frames_down() == 2);
  CHECK(session.bytes_down() == 7);
}

TEST_CASE("is active for a time after a frame, not after output") {
  Session session = served();
  CHECK_FALSE(session.active(100, kStart));
  session.add_output(1, kStart);
  CHECK_FALSE(session.active(100, kStart));
  session.add_frame(1, kStart + 50);
  CHECK(session.active(100, kStart + 50));
  CHECK(session.active(100, kStart + 150));
  CHECK_FALSE(session.active(100, kStart + 151));
}

TEST_CASE("each direction ends by itself") {
  const bool up_first = GENERATE(true, false);
  Session session = served();
  up_first ? session.end_up(kStart) : session.end_down();
  CHECK(session.up_ended() == up_first);
  CHECK(session.down_ended() == !up_first);
  CHECK_FALSE(session.both_ended());
  up_first ? session.end_down() : session.end_up(kStart);
  CHECK(session.both_ended());
}

TEST_CASE("a move to another upstream grows the epoch and forgets what is outstanding") {
  Session session(kMark, kStart);
  CHECK_FALSE(session.attached());
  CHECK(session.epoch() == 0);
  session.attach(3, kStart);
  CHECK(session.attached());
  CHECK(session.upstream() == 3);
  CHECK(session.epoch() == 1);
  session.share().add(9, 100, 8);
  session.detach(kStart);
  CHECK_FALSE(session.attached());
  CHECK(session.epoch() == 1);
  session.attach(1, kStart);
  CHECK(session.upstream() == 1);
  CHECK(session.epoch() == 2);
  CHECK(session.share().outstanding(8) == 0);
}

// --- deadlines ---

struct Deadline {
  std::string what;
  Session (*session)();
  Ms due;  // after kStart
  CloseReason reason;
};

const Deadline kTable[] = {
    {"an unfinished frame, from its first byte",
     [] {
       Session session = served();
       session.add_input(true, false, kStart + 10);
       session.add_input(true, false, kStart + 200);
       return session;
     },
     310, CloseReason::frame_timeout},
    {"a frame that began with the bytes that ended another",
     [] {
       Session session = served();
       session.add_input(true, false, kStart + 10);
       session.add_input(true, true, kStart + 200);
       return session;
     },
     500, CloseReason::frame_timeout},
    {"a frame that began after a whole one",
     [] {
       Session session = served();
       session.add_input(true, false, kStart + 10);
       session.add_input(false, true, kStart + 20);
       session.add_input(true, false, kStart + 30);
       return session;
     },
     330, CloseReason::frame_timeout},
    {"an unfinished frame whose client was paused",
     [] {
       Session session = served();
       session.add_input(true, false, kStart + 10);
       session.resume_reading(kStart + 250);
       return session;
     },
     550, CloseReason::frame_timeout},
    {"a client that never had an upstream", [] { return Session(kMark, kStart); }, 600,
     CloseReason::no_upstream},
    {"a client that lost its upstream",
     [] {
       Session session = served();
       session.detach(kStart + 70);
       return session;
     },
     670, CloseReason::no_upstream},
    {"a half-closed client that lost its upstream",
     [] {
       Session session = served();
       session.end_up(kStart + 10);
       session.detach(kStart + 70);
       return session;
     },
     670, CloseReason::no_upstream},
    {"a half-closed client without any output",
     [] {
       Session session = served();
       session.end_up(kStart + 40);
       return session;
     },
     440, CloseReason::half_close_timeout},
    {"a half-closed client, from its last output",
     [] {
       Session session = served();
       session.end_up(kStart + 40);
       session.add_output(1, kStart + 100);
       return session;
     },
     500, CloseReason::half_close_timeout},
    {"a half-closed client, from its move to another upstream",
     [] {
       Session session = served();
       session.end_up(kStart + 40);
       session.detach(kStart + 50);
       session.attach(1, kStart + 200);
       return session;
     },
     600, CloseReason::half_close_timeout},
    {"a queue over the soft limit, from when it grew over it",
     [] {
       Session session = served();
       session.set_queue_high(true, kStart + 20);
       session.set_queue_high(true, kStart + 150);
       return session;
     },
     220, CloseReason::slow_consumer},
    {"a queue that was low in between",
     [] {
       Session session = served();
       session.set_queue_high(true, kStart + 20);
       session.set_queue_high(false, kStart + 150);
       session.set_queue_high(true, kStart + 160);
       return session;
     },
     360, CloseReason::slow_consumer},
    {"silence both ways", [] { return served(); }, 5'000, CloseReason::idle_timeout},
    {"silence since the last byte in",
     [] {
       Session session = served();
       session.add_input(false, true, kStart + 100);
       return session;
     },
     5'100, CloseReason::idle_timeout},
    {"silence since the last byte out",
     [] {
       Session session = served();
       session.add_output(1, kStart + 300);
       return session;
     },
     5'300, CloseReason::idle_timeout},
};

TEST_CASE("each deadline is met exactly at its time") {
  for (const Deadline& row : kTable) {
    CAPTURE(row.what);
    const Session session = row.session();
    CHECK(overdue(session, row.due - 1) == std::nullopt);
    CHECK(overdue(session, row.due) == row.reason);
    CHECK(overdue(session, row.due + 100'000) != std::nullopt);
  }
}

TEST_CASE("of several deadlines the one that harms others most is told") {
  Session session(kMark, kStart);
  session.add_input(true, false, kStart);
  session.set_queue_high(true, kStart);
  constexpr Ms kLate = 100'000;
  CHECK(overdue(session, kLate) == CloseReason::slow_consumer);
  session.set_queue_high(false, kStart);
  CHECK(overdue(session, kLate) == CloseReason::frame_timeout);
  session.end_up(kStart);  // an unfinished frame at the end is no longer waited for
  CHECK(overdue(session, kLate) == CloseReason::no_upstream);
  session.attach(0, kStart);
  CHECK(overdue(session, kLate) == CloseReason::half_close_timeout);
  CHECK(served().overdue(kDeadlines, true, kStart + kLate) == CloseReason::idle_timeout);
}

TEST_CASE("a client that is not read from cannot be late with its frame") {
  Session session = served();
  session.add_input(true, false, kStart);
  CHECK(overdue(session, 4'999, false) == std::nullopt);
  CHECK(overdue(session, 4'999, true) == CloseReason::frame_timeout);
}

TEST_CASE("resuming gives no deadline to a client without an unfinished frame") {
  Session session = served();
  session.resume_reading(kStart);
  CHECK(overdue(session, 4'999) == std::nullopt);
}

TEST_CASE("a connection may get as old as its listener says, give or take the jitter") {
  const Session session(kMark, kStart);
  CHECK_FALSE(session.too_old({}, kStart + 1'000'000'000));
  const Deadlines exact{.max_age = 1000, .age_jitter = 0};
  CHECK_FALSE(session.too_old(exact, kStart + 999));
  CHECK(session.too_old(exact, kStart + 1000));
  const Deadlines about{.max_age = 1000, .age_jitter = 20};
  int sooner = 0;
  for (int i = 1; i <= 100; ++i) {
    const Session other(mark(static_cast<std::uint8_t>(i)), kStart);
    CHECK_FALSE(other.too_old(about, kStart + 799));
    CHECK(other.too_old(about, kStart + 1200));
    if (other.too_old(about, kStart + 999)) ++sooner;
  }
  CHECK(sooner > 25);
  CHECK(sooner < 75);
}

}  // namespace
}  // namespace waymark::session
