#include "net/loop.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>
#include <vector>

#include "test_loop.h"

namespace waymark::net {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a pass waits for an event unless the one before asked for another") {
  TestLoop loop;
  bool rang = false;
  Timer timer(loop.get(), [&] { rang = true; });
  timer.start_once(milliseconds(20));
  int passes = 0;
  REQUIRE(loop.wait_until([&] {
    ++passes;
    return rang;
  }));
  CHECK(passes <= 2);

  timer.start_once(TestLoop::kPatience * 2);
  passes = 0;
  CHECK(loop.run_until([&] { return ++passes == 100; }));
  timer.close();
}

TEST_CASE("runs again after having been stopped") {
  TestLoop loop;
  CHECK(loop.run_until([] { return true; }));
  int passes = 0;
  CHECK(loop.run_until([&] { return ++passes == 3; }));
}

TEST_CASE("a timer calls back once a period until it is stopped, never early") {
  TestLoop loop;
  std::vector<std::uint64_t> ticks;
  Timer timer(loop.get(), [&] { ticks.push_back(loop.now_ms()); });
  const std::uint64_t begin = loop.now_ms();
  timer.start(milliseconds(5));
  REQUIRE(loop.wait_until([&] { return ticks.size() == 4; }));
  for (std::size_t i = 0; i < ticks.size(); ++i) CHECK(ticks[i] >= begin + 5 * (i + 1));

  timer.stop();
  Timer later(loop.get(), [] {});
  later.start_once(milliseconds(20));
  const std::uint64_t stopped = loop.now_ms();
  REQUIRE(loop.wait_until([&] { return loop.now_ms() >= stopped + 20; }));
  CHECK(ticks.size() == 4);
  timer.close();
  later.close();
}

TEST_CASE("a timer that is started once calls back once; starting again replaces its time") {
  TestLoop loop;
  std::vector<std::uint64_t> calls;
  Timer timer(loop.get(), [&] { calls.push_back(loop.now_ms()); });
  const std::uint64_t begin = loop.now_ms();
  timer.start_once(milliseconds(1));
  timer.start_once(milliseconds(15));
  REQUIRE(loop.run_until([&] { return loop.now_ms() >= begin + 40; }));
  REQUIRE(calls.size() == 1);
  CHECK(calls[0] >= begin + 15);
  timer.close();
  timer.close();
}

TEST_CASE("wake-ups that come before the loop looks are one") {
  TestLoop loop;
  int woken = 0;
  Waker waker(loop.get(), [&] { ++woken; });
  std::thread([&] {
    for (int i = 0; i < 100; ++i) waker.wake();
  }).join();
  REQUIRE(loop.wait_until([&] { return woken > 0; }));
  loop.run_passes(3);
  CHECK(woken == 1);
  waker.wake();
  REQUIRE(loop.wait_until([&] { return woken == 2; }));
  waker.close();
}

TEST_CASE("a signal is told on the loop") {
  TestLoop loop;
  int told = 0;
  SignalWatch watch(loop.get(), SIGUSR1, [&] { ++told; });
  CHECK(std::raise(SIGUSR1) == 0);
  CHECK(told == 0);
  REQUIRE(loop.wait_until([&] { return told == 1; }));
  watch.close();
}

}  // namespace
}  // namespace waymark::net
