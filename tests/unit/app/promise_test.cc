#include "app/promise.h"

#include <catch2/catch.hpp>
#include <memory>
#include <thread>

namespace waymark::app {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kShort{20};
constexpr milliseconds kLong{60'000};

TEST_CASE("an answer that was there before is got at once") {
  Promise<int> promise(kLong);
  CHECK(promise.begin());
  promise.keep(7);
  const auto answer = promise.wait();
  REQUIRE(answer.ok());
  CHECK(*answer == 7);
}

TEST_CASE("an error is an answer") {
  Promise<int> promise(kLong);
  promise.keep(error(absl::StatusCode::kNotFound, "there is none"));
  CHECK(promise.wait().status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("whoever waits is woken by the answer") {
  Promise<std::unique_ptr<int>> promise(kLong);
  std::thread control([&] {
    if (promise.begin()) promise.keep(std::make_unique<int>(7));
  });
  const auto answer = promise.wait();
  control.join();
  REQUIRE(answer.ok());
  CHECK(**answer == 7);
}

TEST_CASE("what nobody waits for any more is not begun") {
  Promise<int> promise(kShort);
  const auto begun = Clock::now();
  const auto answer = promise.wait();
  CHECK(Clock::now() - begun >= kShort);
  CHECK(answer.status().code() == absl::StatusCode::kUnavailable);
  CHECK_FALSE(promise.begin());
}

TEST_CASE("what has been begun is waited for twice as long, and may come too late") {
  Promise<int> promise(kShort);
  CHECK(promise.begin());
  const auto begun = Clock::now();
  const auto answer = promise.wait();
  CHECK(Clock::now() - begun >= 2 * kShort);
  CHECK(answer.status().code() == absl::StatusCode::kUnavailable);
  promise.keep(7);
}

}  // namespace
}  // namespace waymark::app
