#include "store/directory.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>

#include "scratch.h"

namespace waymark::store {
namespace {

TEST_CASE("makes what is missing, for its owner alone") {
  const Scratch scratch;
  const std::string path = scratch.path() + "/a/b/state";
  const auto directory = Directory::open(path + "//");
  REQUIRE(directory.ok());
  CHECK((*directory)->path() == path);
  CHECK(mode_of(path) == 0700);
  CHECK(mode_of(path + "/lock") == 0600);
  CHECK((*directory)->sync().ok());
}

TEST_CASE("says which directory cannot be made or used, why, and what names it") {
  const Scratch scratch;
  write_file(scratch.path() + "/file", "");
  const std::string path = scratch.path() + GENERATE("/file/below/state", "/file/state", "/file");
  const auto directory = Directory::open(path);
  REQUIRE_FALSE(directory.ok());
  const std::string_view message = message_of(directory.status());
  CAPTURE(message);
  CHECK(contains(message, path));
  CHECK(contains(message, "Not a directory"));
  CHECK(contains(message, "`state:`"));
}

TEST_CASE("says so when the lock cannot be written") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.state() + "/lock");
  const auto directory = Directory::open(scratch.state());
  REQUIRE_FALSE(directory.ok());
  CHECK(contains(message_of(directory.status()), "cannot write " + scratch.state() + "/lock"));
  CHECK(contains(message_of(directory.status()), "`state:`"));
}

TEST_CASE("refuses a second holder and names the first, until that is gone") {
  const Scratch scratch;
  auto first = Directory::open(scratch.state());
  REQUIRE(first.ok());
  for (int times = 0; times < 2; ++times) {
    const auto second = Directory::open(scratch.state());
    REQUIRE_FALSE(second.ok());
    CHECK(second.status().code() == absl::StatusCode::kFailedPrecondition);
    CHECK(contains(message_of(second.status()), scratch.state()));
    CHECK(contains(message_of(second.status()), "process " + std::to_string(::getpid())));
  }
  first->reset();
  CHECK(Directory::open(scratch.state()).ok());
}

TEST_CASE("refuses another process, and is free when that was killed") {
  const Scratch scratch;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto held = Directory::open(scratch.state());
    const char answer = held.ok() ? 'y' : 'n';
    (void)!::write(pipe[1], &answer, 1);
    for (;;) ::pause();
  }
  char answer = 0;
  REQUIRE(::read(pipe[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  const auto refused = Directory::open(scratch.state());
  CHECK(contains(message_of(refused.status()), "process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(Directory::open(scratch.state()).ok());
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_CASE("notices that the lock is gone, and takes it again") {
  const Scratch scratch;
  const auto directory = Directory::open(scratch.state());
  REQUIRE(directory.ok());
  CHECK((*directory)->intact());
  std::filesystem::remove_all(scratch.state());
  CHECK_FALSE((*directory)->intact());
  REQUIRE((*directory)->renew().ok());
  CHECK((*directory)->intact());
  CHECK_FALSE(Directory::open(scratch.state()).ok());
}

TEST_CASE("does not take the lock again from another who has it now") {
  const Scratch scratch;
  const auto directory = Directory::open(scratch.state());
  REQUIRE(directory.ok());
  std::filesystem::remove(scratch.state() + "/lock");
  auto other = Directory::open(scratch.state());
  REQUIRE(other.ok());
  CHECK((*directory)->renew().code() == absl::StatusCode::kFailedPrecondition);
  other->reset();
  CHECK((*directory)->renew().ok());
}

}  // namespace
}  // namespace waymark::store
