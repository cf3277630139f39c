#include "admin/event_ring.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace waymark::admin {
namespace {

std::string all_of(StreamSource& source, std::size_t most = 4096) {
  std::string all;
  for (std::string piece = source.next(most); !piece.empty(); piece = source.next(most)) {
    CHECK(piece.size() <= most);
    all += piece;
  }
  return all;
}

TEST_CASE("a listener hears what comes after it") {
  EventRing ring;
  ring.push("before", "{}");
  const auto source = ring.listen(std::nullopt);
  int woken = 0;
  source->start([&] { ++woken; });
  CHECK(source->next(100).empty());

  ring.push("upstream_ready", "{\"id\":\"u1\"}\n");
  CHECK(woken == 1);
  CHECK(all_of(*source) == "id: 2\nevent: upstream_ready\ndata: {\"id\":\"u1\"}\n\n");
}

TEST_CASE("a listener resumes after the last event it knows") {
  EventRing ring;
  for (const auto* json : {"1", "2", "3"}) ring.push("e", json);
  CHECK(all_of(*ring.listen(1)) == "id: 2\nevent: e\ndata: 2\n\nid: 3\nevent: e\ndata: 3\n\n");
  CHECK(all_of(*ring.listen(3)).empty());
  CHECK(all_of(*ring.listen(0)).starts_with("id: 1\n"));
}

TEST_CASE("a listener begins some events ago") {
  EventRing ring(3);
  CHECK(all_of(*ring.listen_to_last(5)).empty());
  for (const auto* json : {"1", "2", "3", "4"}) ring.push("e", json);
  CHECK(all_of(*ring.listen_to_last(2)) ==
        "id: 3\nevent: e\ndata: 3\n\nid: 4\nevent: e\ndata: 4\n\n");
  // Nothing is missed by who asks for more than are kept.
  CHECK(all_of(*ring.listen_to_last(100)).starts_with("id: 2\n"));
  const auto source = ring.listen_to_last(1);
  ring.push("e", "5");
  CHECK(all_of(*source) == "id: 4\nevent: e\ndata: 4\n\nid: 5\nevent: e\ndata: 5\n\n");
}

TEST_CASE("a listener is told what it missed") {
  EventRing ring(2);
  for (const auto* json : {"1", "2", "3", "4"}) ring.push("e", json);
  CHECK(all_of(*ring.listen(1)) ==
        "event: missed\ndata: {\"after\":1,\"next\":3}\n\n"
        "id: 3\nevent: e\ndata: 3\n\nid: 4\nevent: e\ndata: 4\n\n");
  // An id that has not been given yet is of a run before this one.
  CHECK(all_of(*ring.listen(99)).starts_with("event: missed\ndata: {\"after\":99,\"next\":3}\n\n"));
}

TEST_CASE("an id of the run before is none of this one") {
  EventRing ring(3, 1'000);
  // The run before began at 500 and had more events than this one has.
  CHECK(all_of(*ring.listen(505))
            .starts_with("event: missed\ndata: {\"after\":505,\"next\":1000}\n\n"));
  for (const auto* json : {"1", "2"}) ring.push("e", json);
  const std::string both = "id: 1000\nevent: e\ndata: 1\n\nid: 1001\nevent: e\ndata: 2\n\n";
  CHECK(all_of(*ring.listen(501)) ==
        "event: missed\ndata: {\"after\":501,\"next\":1000}\n\n" + both);
  CHECK(all_of(*ring.listen(0)) == both);
  CHECK(all_of(*ring.listen(999)) == both);
  CHECK(all_of(*ring.listen_to_last(1)) == "id: 1001\nevent: e\ndata: 2\n\n");
  for (const auto* json : {"3", "4"}) ring.push("e", json);
  CHECK(all_of(*ring.listen(0))
            .starts_with("event: missed\ndata: {\"after\":999,\"next\":1001}\n\n"));
}

TEST_CASE("a listener that is slow skips ahead between two events") {
  EventRing ring(2);
  const auto source = ring.listen(std::nullopt);
  source->start([] {});
  ring.push("e", "1");
  std::string text = source->next(5);
  for (const auto* json : {"2", "3", "4"}) ring.push("e", json);
  text += all_of(*source, 7);
  CHECK(text ==
        "id: 1\nevent: e\ndata: 1\n\n"
        "event: missed\ndata: {\"after\":1,\"next\":3}\n\n"
        "id: 3\nevent: e\ndata: 3\n\nid: 4\nevent: e\ndata: 4\n\n");
}

TEST_CASE("several threads push while listeners come and go") {
  EventRing ring(64);
  std::atomic<int> woken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 2000; ++n) ring.push("e", "{}");
    });
  }
  for (int n = 0; n < 200; ++n) {
    const auto source = ring.listen(0);
    source->start([&] { ++woken; });
    (void)source->next(4096);
  }
  for (std::thread& thread : threads) thread.join();
  const std::string rest = all_of(*ring.listen(3999));
  CHECK(rest == "id: 4000\nevent: e\ndata: {}\n\n");
}

}  // namespace
}  // namespace waymark::admin
