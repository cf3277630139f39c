#include "stats/book.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

namespace waymark::stats {
namespace {

constexpr std::int64_t kNoon = 1'000'000'020;  // the begin of a minute

Moment at(std::int64_t second) {
  return {kNoon + second, std::chrono::milliseconds(second * 1'000)};
}

Count whole(std::size_t worker, std::uint64_t frames, std::uint64_t connections = 0) {
  return {.source = {worker, 0},
          .upstream = "",
          .counts = {.frames = frames},
          .connections = connections};
}

Count of(const std::string& id, std::uint64_t incarnation, std::uint64_t frames,
         std::size_t worker = 0) {
  return {.source = {worker, incarnation}, .upstream = id, .counts = {.frames = frames}};
}

std::vector<Minute> read(Book& book, std::int64_t second, std::vector<Count> counts) {
  return book.read({at(second), std::move(counts)});
}

TEST_CASE("minutes end with the first reading of the next one") {
  Book book;
  for (std::uint64_t i = 0; i < 60; ++i) {
    CHECK(read(book, static_cast<std::int64_t>(i), {whole(0, i), of("a", 1, i)}).empty());
  }
  const std::vector<Minute> ended = read(book, 60, {whole(0, 60), of("a", 1, 60)});
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
  (void)read(book, 10, {whole(0, 5), of("a", 1, 5)});
  const std::vector<Minute> ended = book.end();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].point.frames == 5);
  CHECK(book.end().empty());
}

TEST_CASE("what an earlier run has left is there again, if it is of the last day") {
  Book book;
  book.remember({{"", {.at = kNoon - 90'000, .frames = 1}},
                 {"", {.at = kNoon - 60, .frames = 2}},
                 {"a", {.at = kNoon - 60, .frames = 3}},
                 {"", {.at = kNoon, .frames = 4}},
                 {"", {.at = kNoon + 60, .frames = 5}}},
                kNoon + 30);
  REQUIRE(book.total().minutes().size() == 2);
  CHECK(book.total().minutes().back().frames == 4);
  REQUIRE(book.upstream("a") != nullptr);
  CHECK(book.upstream("a")->minutes().front().frames == 3);
  CHECK(book.total().total().frames == 0);
}

TEST_CASE("workers are added up, and one that is silent is made up for") {
  Book book;
  (void)read(book, 1, {whole(0, 10, 3), of("a", 1, 10, 0), whole(1, 100, 4), of("a", 1, 100, 1)});
  (void)read(book, 2, {whole(0, 11, 3), of("a", 1, 11, 0)});
  CHECK(book.total().seconds().back().frames == 1);
  CHECK(book.total().connections() == 7);
  (void)read(book, 3, {whole(0, 12, 3), of("a", 1, 12, 0), whole(1, 150, 4), of("a", 1, 150, 1)});
  CHECK(book.total().seconds().back().frames == 51);
  CHECK(book.upstream("a")->total().frames == 162);
}

// Each of these was counted once more from its beginning.
TEST_CASE("a source that goes takes nothing back, and the others go on") {
  Book book;
  (void)read(book, 1, {whole(0, 0), of("a", 1, 10), whole(1, 0), of("a", 1, 100, 1)});
  SECTION("one worker forgets an upstream before the other one") {
    (void)read(book, 2, {whole(0, 0), whole(1, 0), of("a", 1, 101, 1)});
    CHECK(book.upstream("a")->total().frames == 111);
  }
  SECTION("an upstream comes again under the same id while the old one leaves") {
    (void)read(book, 2,
               {whole(0, 0), of("a", 1, 11), of("a", 2, 5), whole(1, 0), of("a", 1, 100, 1)});
    (void)read(book, 3, {whole(0, 0), of("a", 2, 6), whole(1, 0), of("a", 1, 100, 1)});
    CHECK(book.upstream("a")->total().frames == 117);
  }
  SECTION("an index is another upstream's in the next reading") {
    (void)read(book, 2, {whole(0, 0), of("b", 1, 12), of("b", 2, 7), whole(1, 0)});
    CHECK(book.upstream("a")->total().frames == 112);
    CHECK(book.upstream("b")->total().frames == 7);
  }
}

TEST_CASE("a source whose upstream is not known waits until it is") {
  Book book;
  Count nobody = of("", 1, 5);
  nobody.upstream.reset();
  (void)read(book, 1, {whole(0, 5), nobody});
  CHECK(book.total().total().frames == 5);
  (void)read(book, 2, {whole(0, 6), of("a", 1, 6)});
  CHECK(book.upstream("a")->total().frames == 6);
  nobody.counts.frames = 9;
  (void)read(book, 3, {whole(0, 9), nobody});
  CHECK(book.upstream("a")->total().frames == 9);
}

TEST_CASE("an upstream that comes later counts from the reading before") {
  Book book;
  (void)read(book, 10, {whole(0, 100), of("a", 1, 100)});
  (void)read(book, 11, {whole(0, 110), of("a", 1, 101), of("b", 2, 9)});
  CHECK(book.upstream("a")->total().frames == 101);
  CHECK(book.upstream("a")->seconds().front().millis == 10'000);
  CHECK(book.upstream("b")->seconds().front().frames == 9);
  CHECK(book.upstream("b")->seconds().front().millis == 1'000);
  CHECK(book.upstream("c") == nullptr);
}

TEST_CASE("histories are so many at most") {
  const auto many = [](std::size_t from, std::size_t to) {
    std::vector<Count> all = {whole(0, 0)};
    for (std::size_t i = from; i < to; ++i) all.push_back(of(fmt::format("u{:03}", i), i + 1, 1));
    return all;
  };
  Book book;
  (void)read(book, 0, many(0, Book::kMostUpstreams + 3));
  CHECK(book.left_out() == 3);
  CHECK(book.upstream("u000") != nullptr);
  CHECK(book.upstream(fmt::format("u{:03}", Book::kMostUpstreams)) == nullptr);
  SECTION("those that are gone make way") {
    (void)read(book, 1, many(2, Book::kMostUpstreams + 2));
    CHECK(book.left_out() == 0);
    CHECK(book.upstream("u000") == nullptr);
    CHECK(book.upstream(fmt::format("u{:03}", Book::kMostUpstreams + 1)) != nullptr);
  }
}

TEST_CASE("an upstream that is gone is forgotten after a day") {
  Book book;
  (void)read(book, 1, {whole(0, 2), of("a", 1, 1), of("b", 2, 1)});
  (void)read(book, 60, {whole(0, 2), of("b", 2, 1)});
  CHECK(book.upstream("a") != nullptr);
  for (int minute = 2; minute <= 24 * 60 + 1; ++minute) {
    (void)read(book, 60 * minute, {whole(0, 2), of("b", 2, 1)});
  }
  CHECK(book.upstream("a") == nullptr);
  CHECK(book.upstream("b") != nullptr);
}

TEST_CASE("a clock that is set forward by years forgets nobody who is there") {
  Book book;
  (void)read(book, 1, {whole(0, 7), of("a", 1, 7)});
  Reading later{at(2), {whole(0, 8), of("a", 1, 8)}};
  later.now.at += 100'000'000;
  (void)book.read(later);
  REQUIRE(book.upstream("a") != nullptr);
  CHECK(book.upstream("a")->total().frames == 8);
  CHECK(book.upstream("a")->seconds().back().frames == 1);
}

}  // namespace
}  // namespace waymark::stats
