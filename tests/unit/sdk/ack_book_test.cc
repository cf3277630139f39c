#include "sdk/ack_book.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

namespace waymark::sdk {
namespace {

TEST_CASE("what is done in order becomes one number") {
  AckBook book;
  for (std::uint64_t number = 7; number <= 10; ++number) {
    book.begin(number);
    book.done(number);
  }
  REQUIRE(book.pending());
  const wire::Ack ack = book.take();
  CHECK(ack.through == 10);
  CHECK(ack.also.empty());
  CHECK_FALSE(book.pending());
}

TEST_CASE("what is done behind an open one is named") {
  AckBook book;
  for (std::uint64_t number = 1; number <= 4; ++number) book.begin(number);
  book.done(3);
  book.done(4);
  wire::Ack ack = book.take();
  CHECK(ack.through == 0);
  CHECK(ack.also == std::vector<std::uint64_t>{3, 4});
  book.done(1);
  ack = book.take();
  CHECK(ack.through == 1);
  CHECK(ack.also.empty());
}

TEST_CASE("an answer needs no ack, and is covered by a later one") {
  AckBook book;
  for (std::uint64_t number = 1; number <= 3; ++number) book.begin(number);
  book.answered(1);
  book.answered(2);
  CHECK_FALSE(book.pending());
  book.done(3);
  CHECK(book.take().through == 3);
}

TEST_CASE("what is finished twice, or never came, is not told") {
  AckBook book;
  book.begin(5);
  book.answered(5);
  book.done(5);
  book.done(4);
  book.done(6);
  CHECK_FALSE(book.pending());
}

TEST_CASE("many acks are told a part at a time") {
  AckBook book;
  constexpr std::uint64_t kMany = 3 * AckBook::kMostAlso;
  book.begin(1);
  for (std::uint64_t number = 2; number <= kMany; ++number) {
    book.begin(number);
    book.done(number);
  }
  std::size_t told = 0;
  while (book.pending()) {
    const wire::Ack ack = book.take();
    CHECK(ack.through == 0);
    CHECK(ack.also.size() <= AckBook::kMostAlso);
    told += ack.also.size();
  }
  CHECK(told == kMany - 1);
}

// Whatever the order, the proxy is told of each number once it is done, never before.
TEST_CASE("acks and answers together cover just what is done") {
  const auto seed = GENERATE(take(50, random(0U, 0xffffffffU)));
  CAPTURE(seed);
  std::mt19937 random(seed);
  AckBook book;
  std::uint64_t next = 1000;
  std::set<std::uint64_t> open;
  std::set<std::uint64_t> known;  // to the proxy
  for (int step = 0; step < 500; ++step) {
    const bool finish = !open.empty() && random() % 2 == 0;
    if (!finish) {
      book.begin(next);
      open.insert(next++);
    } else {
      const std::uint64_t number = *std::next(open.begin(), random() % open.size());
      open.erase(number);
      if (random() % 2 == 0) {
        book.done(number);
      } else {
        book.answered(number);
        known.insert(number);
      }
    }
    if (!book.pending() || random() % 4 != 0) continue;
    const wire::Ack ack = book.take();
    for (std::uint64_t number = 1000; number <= ack.through; ++number) known.insert(number);
    known.insert(ack.also.begin(), ack.also.end());
    for (const std::uint64_t number : known) REQUIRE(open.count(number) == 0);
    for (std::uint64_t number = 1000; number < next; ++number) {
      REQUIRE(open.count(number) + known.count(number) == 1);
    }
  }
}

}  // namespace
}  // namespace waymark::sdk
