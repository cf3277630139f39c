#include "app/dead_letters.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "store/scratch.h"

namespace waymark::app {
namespace {

using Catch::Contains;
using store::DeadLetterPtr;

constexpr std::chrono::seconds kDeadline{20};
const Mark kMark = *Mark::parse("00112233-4455-6677-8899-aabbccddeeff");

// What a worker gives up.
proxy::DeadLetter frame(std::uint64_t seq, std::string payload = "hello") {
  return {.mark = kMark,
          .seq = seq,
          .pool = seq % 2 == 0 ? "even" : "odd",
          .listener = "devices",
          .upstream = "red",
          .attempts = 5,
          .received_at = 1'700'000'000'123'456'789,
          .reason = proxy::DeadLetter::Reason::given_up,
          .payload = std::move(payload)};
}

// Dead letters on a state directory of their own.
class Kept {
  RunningConfig running_{Config()};
  Log log_{{.level = LogLevel::error}};

 public:
  Kept() { open(); }

  // As after a restart; what was queued is written before.
  void open(DeadLetterSettings settings = {}) {
    close();
    bound(settings);
    auto opened = store::Store::open({.directory = scratch.state()});
    REQUIRE(opened.ok());
    store = *std::move(opened);
    letters = std::make_unique<DeadLetters>(*store, running_, log_, feed_,
                                            store->take_loaded().dead_letters);
  }
  void close() {
    store.reset();
    letters.reset();
  }
  // As at a reload.
  void bound(DeadLetterSettings settings) {
    Config config;
    config.dead_letters = settings;
    running_.set(std::make_shared<const Config>(std::move(config)));
  }

  // Until the disk has what was added, and then what was erased for it.
  void settle() {
    for (int round = 0; round < 2; ++round) {
      std::promise<void> done;
      store->write(store::PutSetting{{"settled", ""}}, [&done](absl::Status) { done.set_value(); });
      REQUIRE(done.get_future().wait_for(kDeadline) == std::future_status::ready);
    }
  }
  void add(std::uint64_t first, std::uint64_t last, const std::string& payload = "hello") {
    for (std::uint64_t seq = first; seq <= last; ++seq) letters->add(frame(seq, payload));
    settle();
  }

  [[nodiscard]] std::vector<std::uint64_t> seqs(const DeadLetterFilter& filter = {}) const {
    std::vector<std::uint64_t> seqs;
    for (const DeadLetterPtr& letter : letters->list(filter, 0, 10'000).letters) {
      seqs.push_back(letter->seq);
    }
    return seqs;
  }
  [[nodiscard]] std::uint64_t dropped(LetterDrop drop) const {
    return letters->counts().dropped[static_cast<std::size_t>(drop)];
  }

  const store::Scratch scratch;
  admin::EventRing events;

 private:
  EventFeed feed_{events};

 public:
  std::unique_ptr<DeadLetters> letters;
  std::unique_ptr<store::Store> store;  // ends before what its answers go to
};

using Seqs = std::vector<std::uint64_t>;

TEST_CASE("what is given up is there as it was, also after a restart") {
  Kept kept;
  const std::string payload("\0\xff\r\n", 4);
  kept.add(7, 7, payload);
  for (int starts = 0; starts < 2; ++starts) {
    const auto page = kept.letters->list({}, 0, 10);
    REQUIRE(page.letters.size() == 1);
    const store::StoredDeadLetter& letter = *page.letters.front();
    CHECK(letter.mark == kMark);
    CHECK(letter.seq == 7);
    CHECK(letter.pool == "odd");
    CHECK(letter.listener == "devices");
    CHECK(letter.upstream == "red");
    CHECK(letter.attempts == 5);
    CHECK(letter.received_at == 1'700'000'000'123'456'789);
    CHECK(letter.dead_at > letter.received_at);
    CHECK(letter.reason == "given_up");
    CHECK(letter.payload == payload);
    CHECK(kept.letters->find(letter.id) == page.letters.front());
    CHECK(kept.letters->counts().bytes == payload.size());
    kept.open();
  }
}

TEST_CASE("who follows events is told what comes and what goes") {
  Kept kept;
  const auto stream = kept.events.listen(std::nullopt);
  kept.add(7, 7);
  const auto taken = kept.letters->take(DeadLetterFilter{});
  REQUIRE(kept.letters->erase(taken, DeadLetters::Why::replayed).ok());
  kept.open({.max_bytes = 1});
  kept.add(8, 8);
  std::string text;
  for (std::string piece = "first"; !piece.empty();) text += piece = stream->next(64 * 1024);
  CHECK_THAT(text, Contains("event: dead_letter_added\ndata: {\"at\":\"2") &&
                       Contains(R"("id":")" + std::to_string(taken.front()->id) + R"(")") &&
                       Contains(R"("seq":7,"pool":"odd","upstream":"red","reason":"given_up")"));
  CHECK_THAT(text, Contains("event: dead_letters_replayed\n") && Contains(R"("count":1)"));
  CHECK_THAT(text, Contains("event: dead_letters_dropped\n") && Contains(R"("too_large")"));
  CHECK_THAT(text, !Contains("hello"));
}

TEST_CASE("the oldest goes where there are too many, or too many bytes") {
  Kept kept;
  kept.open({.max_count = 3, .max_bytes = 100});
  kept.add(1, 5);
  CHECK(kept.seqs() == Seqs{3, 4, 5});
  CHECK(kept.dropped(LetterDrop::oldest) == 2);
  kept.add(6, 6, std::string(95, 'x'));
  CHECK(kept.seqs() == Seqs{5, 6});
  CHECK(kept.letters->counts().bytes == 100);
  CHECK(kept.dropped(LetterDrop::oldest) == 4);
  kept.add(7, 7, std::string(101, 'x'));
  CHECK(kept.seqs() == Seqs{5, 6});
  CHECK(kept.dropped(LetterDrop::too_large) == 1);
  CHECK(kept.letters->counts().added[1] == 7);
  kept.open();
  CHECK(kept.seqs() == Seqs{5, 6});
}

TEST_CASE("a bound that became less holds from the next one on, and from a restart") {
  Kept kept;
  kept.add(1, 6);
  kept.bound({.max_count = 4});
  kept.add(7, 7);
  CHECK(kept.seqs() == Seqs{4, 5, 6, 7});
  kept.open({.max_count = 2});
  kept.settle();
  CHECK(kept.seqs() == Seqs{6, 7});
}

TEST_CASE("what the disk cannot follow is dropped and counted, and nobody waits") {
  Kept kept;
  std::promise<void> free;
  std::promise<void> reached;
  kept.store->write(store::PutSetting{{"stall", ""}}, [&](absl::Status) {
    reached.set_value();
    free.get_future().wait();
  });
  REQUIRE(reached.get_future().wait_for(kDeadline) == std::future_status::ready);
  for (std::uint64_t seq = 1; seq <= DeadLetters::kMostWaiting + 10; ++seq) {
    kept.letters->add(frame(seq));
  }
  CHECK(kept.dropped(LetterDrop::busy) == 10);
  CHECK(kept.seqs().empty());  // none is on the disk
  free.set_value();
  kept.settle();
  CHECK(kept.seqs().size() == DeadLetters::kMostWaiting);
  kept.add(1, 1);
  CHECK(kept.seqs().size() == DeadLetters::kMostWaiting + 1);
}

TEST_CASE("many bytes that wait for the disk are too many, though one alone never is") {
  Kept kept;
  std::promise<void> free;
  std::promise<void> reached;
  kept.bound({.max_bytes = 4 * DeadLetters::kMostWaitingBytes});
  kept.store->write(store::PutSetting{{"stall", ""}}, [&](absl::Status) {
    reached.set_value();
    free.get_future().wait();
  });
  REQUIRE(reached.get_future().wait_for(kDeadline) == std::future_status::ready);
  kept.letters->add(frame(1, std::string(DeadLetters::kMostWaitingBytes + 1, 'x')));
  kept.letters->add(frame(2));
  CHECK(kept.dropped(LetterDrop::busy) == 1);
  free.set_value();
  kept.settle();
  CHECK(kept.seqs() == Seqs{1});
}

TEST_CASE("lists by filter and page, in the order of their death") {
  Kept kept;
  kept.add(1, 7);
  CHECK(kept.seqs({.pool = "odd"}) == Seqs{1, 3, 5, 7});
  CHECK(kept.seqs({.pool = "odd", .reason = "max_attempts"}).empty());
  CHECK(kept.seqs({.mark = Mark()}).empty());
  CHECK(kept.letters->count({.mark = kMark, .reason = "given_up"}) == 7);
  Seqs seen;
  std::uint64_t after = 0;
  for (bool more = true; more;) {
    const auto page = kept.letters->list({.pool = "odd"}, after, 2);
    for (const DeadLetterPtr& letter : page.letters) seen.push_back(letter->seq);
    CHECK(page.more == (seen.size() < 4));
    more = page.more;
    after = page.letters.back()->id;
  }
  CHECK(seen == Seqs{1, 3, 5, 7});
}

TEST_CASE("one that is taken is nobody else's, until it is put back or gone") {
  Kept kept;
  kept.add(1, 3);
  const std::uint64_t id = kept.letters->list({}, 0, 1).letters.front()->id;
  const auto taken = kept.letters->take(id);
  REQUIRE(taken.ok());
  CHECK(kept.letters->take(id).status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(kept.letters->take(id + 1'000'000'000).status().code() == absl::StatusCode::kNotFound);
  const auto others = kept.letters->take(DeadLetterFilter{});
  CHECK(others.size() == 2);
  kept.letters->put_back(others);
  kept.letters->put_back({*taken});
  const auto all = kept.letters->take(DeadLetterFilter{});
  CHECK(all.size() == 3);
  CHECK(kept.letters->erase({all[0]}, DeadLetters::Why::replayed).ok());
  CHECK(kept.letters->erase({all[1]}, DeadLetters::Why::dropped).ok());
  kept.letters->put_back({all[2]});
  CHECK(kept.seqs() == Seqs{3});
  CHECK(kept.letters->counts().replayed == 1);
  CHECK(kept.dropped(LetterDrop::admin) == 1);
  CHECK(kept.letters->take(id).status().code() == absl::StatusCode::kNotFound);
  kept.open();
  CHECK(kept.seqs() == Seqs{3});
}

TEST_CASE("one that is taken does not count against the bound, and is not dropped for it") {
  Kept kept;
  kept.open({.max_count = 2});
  kept.add(1, 2);
  const auto taken = kept.letters->take({.pool = "odd"});
  REQUIRE(taken.size() == 1);
  kept.add(3, 4);
  CHECK(kept.seqs() == Seqs{1, 3, 4});
  kept.letters->put_back(taken);
  kept.add(5, 5);
  CHECK(kept.seqs() == Seqs{4, 5});
}

TEST_CASE("without a disk nothing is added or erased, and afterwards it goes on") {
  Kept kept;
  kept.add(1, 2);
  std::filesystem::remove_all(kept.scratch.state());
  store::write_file(kept.scratch.state(), "in the way");
  kept.add(3, 3);
  CHECK(kept.dropped(LetterDrop::disk) == 1);
  const auto taken = kept.letters->take(DeadLetterFilter{});
  CHECK(absl::IsResourceExhausted(kept.letters->erase(taken, DeadLetters::Why::dropped)));
  CHECK(kept.seqs() == Seqs{1, 2});
  std::filesystem::remove(kept.scratch.state());
  const auto again = kept.letters->take({.pool = "even"});
  CHECK(kept.letters->erase(again, DeadLetters::Why::dropped).ok());
  kept.add(4, 4);
  kept.open();
  CHECK(kept.seqs() == Seqs{1, 4});
}

TEST_CASE("an id is not used again, not even after a restart with none left") {
  Kept kept;
  kept.add(1, 1);
  const auto taken = kept.letters->take(DeadLetterFilter{});
  const std::uint64_t id = taken.front()->id;
  REQUIRE(kept.letters->erase(taken, DeadLetters::Why::dropped).ok());
  kept.open();
  CHECK(kept.seqs().empty());
  kept.add(2, 2);
  CHECK(kept.letters->list({}, 0, 1).letters.front()->id > id);
}

TEST_CASE("several workers give up at once") {
  Kept kept;
  std::vector<std::thread> workers;
  for (std::uint64_t worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&kept, worker] {
      for (std::uint64_t i = 0; i < 50; ++i) kept.letters->add(frame(1 + worker * 50 + i));
    });
  }
  for (std::thread& worker : workers) worker.join();
  kept.settle();
  CHECK(kept.seqs().size() == 200);
  kept.open();
  CHECK(kept.seqs().size() == 200);
}

}  // namespace
}  // namespace waymark::app
