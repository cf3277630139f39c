#include "session/ledger.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "wire/batch.h"

namespace waymark::session {
namespace {

constexpr std::uint64_t kFirst = 5'000;

Mark mark_of(std::uint8_t number) {
  std::string bytes(Mark::kSize, '\0');
  bytes[0] = static_cast<char>(number + 1);
  return *Mark::from_bytes(bytes);
}

// A ledger, and batches written the way a link writes them.
struct Book {
  ChunkPool chunks;
  wire::BatchWriter writer{chunks};
  Ledger ledger{chunks, kFirst};

  std::uint64_t add(std::uint8_t client, std::string_view payload) {
    const std::uint64_t delivery = ledger.next();
    wire::Batch batch;
    const std::size_t size =
        writer.append(batch, {.mark = mark_of(client), .seq = delivery, .delivery = delivery},
                      wire::EventKind::payload, payload);
    const ChunkRange& range = batch.ranges.back();
    ledger.add(range.chunk, range.offset, size, {.frame = true, .of_share = true});
    return delivery;
  }
};

std::string payload_of(const ChunkRange& range) {
  const std::string_view piece = range.bytes();
  wire::EventReader reader(wire::Pieces(&piece, 1));
  wire::Event event;
  REQUIRE(reader.next(event) == wire::ReadResult::item);
  return event.body.to_string();
}

TEST_CASE("an event is found until it is done, and done once") {
  Book book;
  const std::uint64_t first = book.add(1, "a");
  const std::uint64_t second = book.add(2, "bb");
  CHECK(first == kFirst);
  CHECK(second == kFirst + 1);
  REQUIRE(book.ledger.find(second).has_value());
  CHECK(book.ledger.find(second)->mark == mark_of(2));
  CHECK(book.ledger.complete(second).has_value());
  CHECK_FALSE(book.ledger.complete(second).has_value());
  CHECK_FALSE(book.ledger.find(kFirst - 1).has_value());
  CHECK_FALSE(book.ledger.find(book.ledger.next()).has_value());
  CHECK(book.ledger.events() == 1);
  CHECK(book.ledger.oldest() == first);
  CHECK(book.ledger.complete(first).has_value());
  CHECK(book.ledger.empty());
}

TEST_CASE("numbers go on after everything was forgotten") {
  Book book;
  const std::uint64_t before = book.add(1, "a");
  book.ledger.clear();
  CHECK(book.ledger.empty());
  CHECK(book.ledger.retained_bytes() == 0);
  CHECK(book.add(1, "b") == before + 1);
  CHECK_FALSE(book.ledger.find(before).has_value());
}

TEST_CASE("a visit ends when it has enough") {
  Book book;
  const std::uint64_t first = book.add(1, "old");
  // The first becomes a straggler, the others stay in the ring.
  for (std::size_t i = 0; i < 2 * Ledger::kSpan; ++i) {
    (void)book.ledger.complete(book.add(2, "x"));
  }
  const std::uint64_t second = book.add(3, "a");
  const std::uint64_t third = book.add(4, "b");
  (void)book.add(5, "c");
  for (const std::size_t enough : {1, 2, 3}) {
    std::vector<std::uint64_t> seen;
    book.ledger.for_each_while([&](std::uint64_t delivery, const ChunkRange&, bool) {
      seen.push_back(delivery);
      return seen.size() < enough;
    });
    const std::vector<std::uint64_t> all = {first, second, third};
    CHECK(seen == std::vector<std::uint64_t>(all.begin(), all.begin() + enough));
  }
}

TEST_CASE("a frame that is never acked pins no chunk, and no ring") {
  Book book;
  const std::uint64_t stuck = book.add(1, "stuck");
  const std::string payload(1000, 'x');
  for (std::size_t i = 0; i < 3 * Ledger::kSpan; ++i) {
    (void)book.ledger.complete(book.add(2, payload));
  }
  CHECK(book.ledger.events() == 1);
  CHECK(book.ledger.retained_bytes() < 100);
  CHECK(book.ledger.record_bytes() <= 12 * Ledger::kSpan);
  CHECK(book.ledger.oldest() == stuck);
  std::string found;
  book.ledger.for_each(
      [&](std::uint64_t, const ChunkRange& range, bool) { found = payload_of(range); });
  CHECK(found == "stuck");
  CHECK(book.ledger.complete(stuck).has_value());
  CHECK(book.ledger.retained_bytes() == 0);
}

TEST_CASE("the ring holds as many as are not done") {
  Book book;
  const std::size_t many = 4 * Ledger::kSpan;
  const std::uint64_t first = book.add(1, "a");
  for (std::size_t i = 1; i < many; ++i) book.add(1, "a");
  CHECK(book.ledger.record_bytes() <= 24 * many);
  // All but every hundredth are done: those left go out of the ring as others come.
  for (std::uint64_t delivery = first; delivery < first + many; ++delivery) {
    if (delivery % 100 != 0) (void)book.ledger.complete(delivery);
  }
  for (std::size_t i = 0; i < 4 * many; ++i) (void)book.ledger.complete(book.add(2, "b"));
  CHECK(book.ledger.record_bytes() <= 24 * many);
  std::size_t left = 0;
  book.ledger.for_each([&](std::uint64_t delivery, const ChunkRange& range, bool) {
    CHECK((delivery % 100 == 0 && payload_of(range) == "a"));
    ++left;
  });
  CHECK(left == book.ledger.events());
  CHECK((left == many / 100 || left == many / 100 + 1));
}

TEST_CASE("sparse chunks are copied out on demand, and after a second") {
  Book book;
  const std::string payload(1000, 'x');
  std::vector<std::uint64_t> all;
  while (book.ledger.retained_bytes() < 3 * Chunk::kSize) all.push_back(book.add(1, payload));
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 3 != 0) (void)book.ledger.complete(all[i]);
  }
  const std::size_t before = book.ledger.retained_bytes();
  SECTION("on demand") { book.ledger.compact(); }
  SECTION("after a second") {
    book.ledger.tick(100);
    book.ledger.tick(1'000);
    CHECK(book.ledger.retained_bytes() == before);
    book.ledger.tick(1'100);
  }
  CHECK(book.ledger.retained_bytes() < before / 2);
  std::size_t seen = 0;
  book.ledger.for_each([&](std::uint64_t delivery, const ChunkRange& range, bool) {
    CHECK(delivery == all[3 * seen++]);
    CHECK(payload_of(range) == payload);
  });
  CHECK(seen == book.ledger.events());
}

TEST_CASE("an event costs 12 bytes beside its own") {
  Book book;
  constexpr std::size_t kEvents = 4096;
  for (std::size_t i = 0; i < kEvents; ++i) book.add(1, "0123456789");
  const double each = static_cast<double>(book.ledger.record_bytes()) / kEvents;
  INFO("bytes of the ledger for each event: " << each);
  CHECK(each <= 12.0);
}

// Against a map that keeps everything.
TEST_CASE("a ledger holds just what was added and is not done, in order") {
  const auto seed = GENERATE(take(20, random(0U, 0xffffffffU)));
  CAPTURE(seed);
  std::mt19937 random(seed);
  Book book;
  std::map<std::uint64_t, std::string> expected;
  std::uint64_t now_ms = 1;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
      case 3: {
        std::string payload(random() % 1'000, static_cast<char>('a' + random() % 26));
        const std::uint64_t delivery = book.add(static_cast<std::uint8_t>(random() % 200), payload);
        expected.emplace(delivery, std::move(payload));
        break;
      }
      case 4:  // the oldest
        if (!expected.empty()) {
          REQUIRE(book.ledger.oldest() == expected.begin()->first);
          REQUIRE(book.ledger.complete(expected.begin()->first).has_value());
          expected.erase(expected.begin());
        }
        break;
      case 5:
      case 6: {  // anyone
        const std::uint64_t delivery = kFirst + random() % (book.ledger.next() - kFirst + 1);
        REQUIRE(book.ledger.complete(delivery).has_value() == (expected.erase(delivery) == 1));
        break;
      }
      default:
        if (random() % 50 == 0) book.ledger.compact();
        book.ledger.tick(now_ms += random() % 300);
        break;
    }
  }
  REQUIRE(book.ledger.events() == expected.size());
  REQUIRE(book.ledger.frames() == expected.size());
  auto next = expected.begin();
  std::size_t live = 0;
  book.ledger.for_each([&](std::uint64_t delivery, const ChunkRange& range, bool) {
    REQUIRE(next != expected.end());
    REQUIRE(delivery == next->first);
    REQUIRE(payload_of(range) == next->second);
    live += range.size;
    ++next;
  });
  CHECK(next == expected.end());
  for (const auto& [delivery, payload] : expected) (void)book.ledger.complete(delivery);
  CHECK(book.ledger.empty());
  CHECK(book.ledger.retained_bytes() == 0);
}

}  // namespace
}  // namespace waymark::session
