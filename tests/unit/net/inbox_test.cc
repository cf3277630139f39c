#include "net/inbox.h"

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "test_loop.h"

namespace waymark::net {
namespace {

struct Numbers {
  void take(int&& number) { taken.push_back(number); }

  TestLoop loop;
  std::vector<int> taken;
  Inbox<int> inbox{loop.get(), [this](int&& number) { take(std::move(number)); }};
};

TEST_CASE("a burst comes out in order, in one pass") {
  Numbers numbers;
  std::vector<int> posted;
  for (int i = 0; i < 10'000; ++i) {
    numbers.inbox.post(i);
    posted.push_back(i);
  }
  CHECK(numbers.taken.empty());
  int passes = 0;
  REQUIRE(numbers.loop.wait_until([&] {
    ++passes;
    return !numbers.taken.empty();
  }));
  CHECK(passes == 1);
  CHECK(numbers.taken == posted);
  numbers.inbox.close();
}

TEST_CASE("what is posted by whoever takes comes out in a later pass") {
  TestLoop loop;
  std::vector<int> taken;
  Inbox<int>* self = nullptr;
  Inbox<int> inbox(loop.get(), [&](int&& number) {
    taken.push_back(number);
    if (number < 3) self->post(number + 1);
  });
  self = &inbox;
  inbox.post(0);
  std::vector<std::size_t> after_pass;
  REQUIRE(loop.wait_until([&] {
    after_pass.push_back(taken.size());
    return taken.size() == 4;
  }));
  CHECK(taken == std::vector<int>{0, 1, 2, 3});
  CHECK(after_pass == std::vector<std::size_t>{1, 2, 3, 4});
  inbox.close();
}

TEST_CASE("nothing is lost between posting threads and a loop that waits") {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  Numbers numbers;
  std::array<std::thread, kThreads> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads[static_cast<std::size_t>(t)] = std::thread([&numbers, t] {
      for (int i = 0; i < kEach; ++i) numbers.inbox.post(t * kEach + i);
    });
  }
  const bool all = numbers.loop.wait_until(
      [&] { return numbers.taken.size() == std::size_t{kThreads} * kEach; });
  for (std::thread& thread : threads) thread.join();
  REQUIRE(all);
  std::array<int, kThreads> next{};
  for (const int number : numbers.taken) {
    int& expected = next[static_cast<std::size_t>(number / kEach)];
    REQUIRE(number % kEach == expected++);  // each thread's own order is kept
  }
  numbers.inbox.close();
}

TEST_CASE("what is posted after the end is dropped at once, from any thread") {
  TestLoop loop;
  int taken = 0;
  Inbox<std::shared_ptr<int>> inbox(loop.get(), [&](std::shared_ptr<int>&&) { ++taken; });
  inbox.close();
  const auto mail = std::make_shared<int>(1);
  inbox.post(mail);
  std::thread([&] { inbox.post(mail); }).join();
  CHECK(mail.use_count() == 1);
  loop.run_passes(3);
  CHECK(taken == 0);
}

TEST_CASE("values that cannot be copied are moved through") {
  TestLoop loop;
  std::unique_ptr<int> taken;
  Inbox<std::unique_ptr<int>> inbox(
      loop.get(), [&](std::unique_ptr<int>&& value) { taken = std::move(value); });
  inbox.post(std::make_unique<int>(7));
  REQUIRE(loop.wait_until([&] { return taken != nullptr; }));
  CHECK(*taken == 7);
  inbox.close();
}

}  // namespace
}  // namespace waymark::net
