#include "store/store.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "scratch.h"

namespace waymark::store {
namespace {

constexpr std::chrono::seconds kDeadline{20};

std::unique_ptr<Store> open(const Scratch& scratch, std::size_t queue_limit = 1024,
                            Notice notice = {}) {
  auto store = Store::open(
      {.directory = scratch.state(), .queue_limit = queue_limit, .notice = std::move(notice)});
  if (!store.ok()) FAIL(message_of(store.status()));
  return std::move(*store);
}

StoredState loaded(const Scratch& scratch) { return open(scratch)->take_loaded(); }

absl::Status write_and_wait(Store& store, Change change) {
  std::promise<absl::Status> done;
  store.write(std::move(change), [&done](absl::Status status) { done.set_value(status); });
  std::future<absl::Status> result = done.get_future();
  REQUIRE(result.wait_for(kDeadline) == std::future_status::ready);
  return result.get();
}

// Keeps the store's thread in a `done` until it is let go.
class Stall {
 public:
  explicit Stall(Store& store) {
    store.write(PutSetting{setting("stall", "")}, [this](absl::Status) {
      reached_.set_value();
      free_.get_future().wait();
    });
    REQUIRE(reached_.get_future().wait_for(kDeadline) == std::future_status::ready);
  }
  Stall(const Stall&) = delete;
  Stall& operator=(const Stall&) = delete;
  ~Stall() { end(); }
  void end() {
    if (!std::exchange(ended_, true)) free_.set_value();
  }

 private:
  std::promise<void> reached_;
  std::promise<void> free_;
  bool ended_ = false;
};

TEST_CASE("what was written is loaded by the next one, once") {
  const Scratch scratch;
  {
    const auto store = open(scratch);
    CHECK(store->take_loaded() == StoredState{});
    CHECK(write_and_wait(*store, PutUpstream{lease("a")}).ok());
    CHECK(write_and_wait(*store, PutSetting{setting("log.level", "debug")}).ok());
  }
  const auto store = open(scratch);
  CHECK(store->take_loaded() ==
        StoredState{.upstreams = {lease("a")}, .settings = {setting("log.level", "debug")}});
  CHECK(store->take_loaded() == StoredState{});
}

TEST_CASE("done runs on the store's thread, in the order of the writes") {
  const Scratch scratch;
  std::vector<int> order;
  std::string name(16, '\0');
  {
    const auto store = open(scratch);
    for (int i = 0; i < 200; ++i) {
      store->write(PutUpstream{added(std::to_string(i))}, [&order, &name, i](absl::Status status) {
        if (status.ok()) order.push_back(i);
        (void)pthread_getname_np(pthread_self(), name.data(), name.size());
      });
    }
  }
  CHECK(std::string(name.c_str()) == "wm-store");
  REQUIRE(order.size() == 200);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("what is queued is written before the store ends, with or without a done") {
  const Scratch scratch;
  int done = 0;
  {
    auto store = open(scratch);
    Stall stall(*store);
    for (int i = 0; i < 300; ++i) {
      store->write(PutUpstream{added(std::to_string(i))},
                   [&done](absl::Status status) { done += status.ok() ? 1 : 0; });
    }
    store->write(PutUpstream{added("last")}, {});
    std::thread ending([&store] { store.reset(); });
    stall.end();
    ending.join();
  }
  CHECK(done == 300);
  const StoredState state = loaded(scratch);
  CHECK(state.upstreams.size() == 301);
  CHECK(state.upstreams.back() == added("last"));
}

TEST_CASE("a done may write") {
  const Scratch scratch;
  {
    const auto store = open(scratch);
    store->write(PutUpstream{added("a")},
                 [&store](absl::Status) { store->write(PutUpstream{added("b")}, {}); });
  }
  CHECK(loaded(scratch).upstreams == std::vector{added("a"), added("b")});
}

TEST_CASE("a full queue refuses at once, on the caller's thread, and forgets the change") {
  const Scratch scratch;
  {
    const auto store = open(scratch, 2);
    Stall stall(*store);
    store->write(PutUpstream{added("a")}, {});
    std::promise<void> empty;
    store->write(PutUpstream{added("b")}, [&empty](absl::Status) { empty.set_value(); });
    absl::Status refusal;
    std::thread::id where;
    store->write(PutUpstream{added("c")}, [&](absl::Status status) {
      refusal = status;
      where = std::this_thread::get_id();
    });
    CHECK(absl::IsResourceExhausted(refusal));
    CHECK(contains(message_of(refusal), "2 changes wait"));
    CHECK(contains(message_of(refusal), scratch.state()));
    CHECK(where == std::this_thread::get_id());
    stall.end();
    REQUIRE(empty.get_future().wait_for(kDeadline) == std::future_status::ready);
    CHECK(write_and_wait(*store, PutUpstream{added("d")}).ok());
  }
  CHECK(loaded(scratch).upstreams == std::vector{added("a"), added("b"), added("d")});
}

TEST_CASE("a second store on the directory is refused") {
  const Scratch scratch;
  const auto first = open(scratch);
  const auto second = Store::open({.directory = scratch.state()});
  CHECK(second.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(contains(message_of(second.status()), scratch.state() + " is in use"));
  CHECK(write_and_wait(*first, PutUpstream{added("a")}).ok());
}

TEST_CASE("a directory that cannot be made is refused") {
  const Scratch scratch;
  write_file(scratch.state(), "");
  const auto store = Store::open({.directory = scratch.state() + "/below"});
  REQUIRE_FALSE(store.ok());
  CHECK(contains(message_of(store.status()), scratch.state() + "/below: Not a directory"));
}

TEST_CASE("what was done is there after the process is killed") {
  const Scratch scratch;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto store = Store::open({.directory = scratch.state()});
    for (int i = 0; store.ok(); ++i) {
      std::promise<bool> done;
      (*store)->write(PutUpstream{added(std::to_string(i))},
                      [&done](absl::Status status) { done.set_value(status.ok()); });
      const char answer = done.get_future().get() ? 'y' : 'n';
      (void)!::write(pipe[1], &answer, 1);
    }
    ::_exit(1);
  }
  ::close(pipe[1]);
  std::string answers(50, '\0');
  for (char& answer : answers) REQUIRE(::read(pipe[0], &answer, 1) == 1);
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  ::close(pipe[0]);
  CHECK(answers == std::string(50, 'y'));
  const StoredState state = loaded(scratch);
  REQUIRE(state.upstreams.size() >= 50);
  for (int i = 0; i < 50; ++i) CHECK(state.upstreams[i] == added(std::to_string(i)));
}

TEST_CASE("dead letters are in a database that had to be made again") {
  const Scratch scratch;
  const std::string large(100'000, 'x');
  {
    const auto store = open(scratch);
    REQUIRE(write_and_wait(*store, PutDeadLetter{dead_letter(1, large)}).ok());
    REQUIRE(write_and_wait(*store, PutDeadLetter{dead_letter(2)}).ok());
    std::filesystem::remove(scratch.database());
    REQUIRE(write_and_wait(*store, EraseDeadLetters{{2}}).ok());
  }
  CHECK(loaded(scratch) == StoredState{.dead_letters = {{1, dead_letter(1, large)}}});
}

TEST_CASE("a deleted database is back within five seconds, though nothing is written") {
  const Scratch scratch;
  std::promise<std::string> told;
  const auto store =
      open(scratch, 1024, [&told](const std::string& line) { told.set_value(line); });
  REQUIRE(write_and_wait(*store, PutUpstream{lease("a")}).ok());
  std::filesystem::remove(scratch.database());
  std::future<std::string> line = told.get_future();
  REQUIRE(line.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
  CHECK(contains(line.get(), scratch.database() + " was deleted"));
  CHECK(std::filesystem::exists(scratch.database()));
}

TEST_CASE("a database deleted before the store ends is made again") {
  const Scratch scratch;
  {
    const auto store = open(scratch);
    REQUIRE(write_and_wait(*store, PutUpstream{lease("a")}).ok());
    std::filesystem::remove_all(scratch.state());
  }
  CHECK(loaded(scratch).upstreams == std::vector{lease("a")});
}

TEST_CASE(
    "while the disk is gone each write is told so, and the next after it is back is written") {
  const Scratch scratch;
  {
    const auto store = open(scratch);
    REQUIRE(write_and_wait(*store, PutUpstream{lease("a")}).ok());
    std::filesystem::remove_all(scratch.state());
    write_file(scratch.state(), "in the way");
    for (int times = 0; times < 3; ++times) {
      CHECK(absl::IsResourceExhausted(write_and_wait(*store, PutUpstream{added("b")})));
    }
    std::filesystem::remove(scratch.state());
    CHECK(write_and_wait(*store, PutUpstream{added("c")}).ok());
  }
  CHECK(loaded(scratch).upstreams == std::vector{lease("a"), added("c")});
}

}  // namespace
}  // namespace waymark::store
