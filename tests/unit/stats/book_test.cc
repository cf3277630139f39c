#include "stats/book.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

namespace waymark::stats {
namespace {

constexpr std::int64_t kNoon = 1'000'000'020;  // the begin of a minute

Reading reading(std::int64_t second, std::map<std::string, Subject> upstreams = {}) {
  Subject total;
  for (const auto& [id, subject] : upstreams) total.counts.add(subject.counts);
  return {.now = {kNoon + second, std::chrono::milliseconds(second * 1'000)},
          .total = total,
          .upstreams = std::move(upstreams)};
}

Subject with_frames(std::uint64_t frames) { return {.counts = {.frames = frames}}; }

TEST_CASE("minutes end with the first reading of the next one") {
  Book book;
  for (int i = 0; i < 60; ++i) {
    CHECK(book.read(reading(i, {{"a", with_frames(i)}})).empty());
  }
  const std::vector<Minute> ended = book.read(reading(60, {{"a", with_frames(60)}}));
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].upstream.empty());
  CHECK(ended[1].upstream == "a");
  for (const Minute& minute : ended) {
    CHECK(minute.point.at == kNoon);
    CHECK(minute.point.frames == 59);
    CHECK(minute.point.millis == 59'000);
  }
  CHECK(book.total().minutes().size() == 1);
}

TEST_CASE("the end of the process ends the minute") {
  Book book;
  CHECK(book.end().empty());
  (void)book.read(reading(0, {{"a", with_frames(0)}}));
  (void)book.read(reading(10, {{"a", with_frames(5)}}));
  const std::vector<Minute> ended = book.end();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].point.frames == 5);
  CHECK(book.end().empty());
}

TEST_CASE("what an earlier run has left is there again, if it is of the last day") {
  const std::int64_t now = kNoon + 30;
  Book book;
  book.remember({{"", {.at = kNoon - 90'000, .frames = 1}},
                 {"", {.at = kNoon - 60, .frames = 2}},
                 {"a", {.at = kNoon - 60, .frames = 3}},
                 {"", {.at = kNoon, .frames = 4}},
                 {"", {.at = kNoon + 60, .frames = 5}}},
                now);
  REQUIRE(book.total().minutes().size() == 2);
  CHECK(book.total().minutes().back().frames == 4);
  REQUIRE(book.upstream("a") != nullptr);
  CHECK(book.upstream("a")->minutes().front().frames == 3);
  CHECK(book.total().total().frames == 0);
}

TEST_CASE("an upstream that comes later counts from the reading before") {
  Book book;
  (void)book.read(reading(10, {{"a", with_frames(100)}}));
  (void)book.read(reading(11, {{"a", with_frames(101)}, {"b", with_frames(9)}}));
  CHECK(book.upstream("a")->total().frames == 101);
  CHECK(book.upstream("a")->seconds().front().millis == 10'000);
  CHECK(book.upstream("b")->seconds().front().frames == 9);
  CHECK(book.upstream("b")->seconds().front().millis == 1'000);
  CHECK(book.upstream("c") == nullptr);
}

TEST_CASE("histories are so many at most") {
  const auto many = [](std::size_t from, std::size_t to) {
    std::map<std::string, Subject> all;
    for (std::size_t i = from; i < to; ++i) all[fmt::format("u{:03}", i)] = with_frames(1);
    return all;
  };
  Book book;
  (void)book.read(reading(0, many(0, Book::kMostUpstreams + 3)));
  CHECK(book.left_out() == 3);
  CHECK(book.upstream("u000") != nullptr);
  CHECK(book.upstream(fmt::format("u{:03}", Book::kMostUpstreams)) == nullptr);
  SECTION("those that are gone make way") {
    (void)book.read(reading(1, many(2, Book::kMostUpstreams + 2)));
    CHECK(book.left_out() == 0);
    CHECK(book.upstream("u000") == nullptr);
    CHECK(book.upstream(fmt::format("u{:03}", Book::kMostUpstreams + 1)) != nullptr);
  }
}

TEST_CASE("an upstream that is gone is forgotten after a day") {
  Book book;
  (void)book.read(reading(0, {{"a", with_frames(1)}, {"b", with_frames(1)}}));
  (void)book.read(reading(1, {{"a", with_frames(1)}, {"b", with_frames(1)}}));
  (void)book.read(reading(60, {{"b", with_frames(1)}}));
  CHECK(book.upstream("a") != nullptr);
  for (int minute = 2; minute <= 24 * 60 + 1; ++minute) {
    (void)book.read(reading(60 * minute, {{"b", with_frames(1)}}));
  }
  CHECK(book.upstream("a") == nullptr);
  CHECK(book.upstream("b") != nullptr);
}

}  // namespace
}  // namespace waymark::stats
