#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/status.h"
#include "lab/lab_lock.h"
#include "lab/run_dir.h"
#include "temporary_folder.h"

using namespace waymark;
using namespace waymark::lab;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

// The only child that this program has.
pid_t janitor() {
  pid_t pid = 0;
  std::ifstream("/proc/self/task/" + std::to_string(::gettid()) + "/children") >> pid;
  return pid;
}

}  // namespace

TEST_CASE("a directory that was made anew is not its janitor's") {
  const TemporaryFolder above;
  const std::string path = above.in("run");
  auto first = RunDir::make(path);
  REQUIRE(first.ok());
  fs::remove_all(path);
  const auto second = RunDir::make(path);
  REQUIRE(second.ok());
  REQUIRE((*second)->write("api", "http://here").ok());
  const auto begun = std::chrono::steady_clock::now();
  first->reset();
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  CHECK(fs::exists((*second)->in("api")));
  CHECK(is_in_use(path));
}

TEST_CASE("a directory that is gone is no reason to wait") {
  const TemporaryFolder above;
  auto dir = RunDir::make(above.in("run"));
  REQUIRE(dir.ok());
  fs::remove_all(above.in("run"));
  const auto begun = std::chrono::steady_clock::now();
  dir->reset();
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  CHECK(fs::is_empty(above.in("")));
}

TEST_CASE("a lab whose janitor was killed keeps its directory, and removes it itself") {
  const TemporaryFolder above;
  const std::string path = above.in("run");
  auto dir = RunDir::make(path);
  REQUIRE(dir.ok());
  REQUIRE((*dir)->write("api", "http://here").ok());
  const pid_t killed = janitor();
  REQUIRE(killed > 0);
  REQUIRE(::kill(killed, SIGKILL) == 0);
  siginfo_t ended{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(killed), &ended, WEXITED | WNOWAIT) == 0);
  CHECK(is_in_use(path));
  CHECK_THAT(std::string(message_of(RunDir::make(path).status())), Contains("a lab runs in"));
  CHECK(fs::exists((*dir)->in("api")));
  dir->reset();
  CHECK(fs::is_empty(above.in("")));
}

TEST_CASE("the lock is free when nothing is left, also of what was moved aside") {
  const TemporaryFolder above;
  auto dir = RunDir::make(above.in("run"));
  REQUIRE(dir.ok());
  for (int i = 0; i < 2'000; ++i) REQUIRE((*dir)->write(std::to_string(i), "x").ok());
  const auto folder = OwnFolder::open(above.in("run"), 0077);
  REQUIRE(folder.ok());
  const auto lock = LabLock::look(*folder);
  REQUIRE(lock.ok());
  CHECK(lock->is_taken());
  std::thread ending([&] { dir->reset(); });
  while (lock->is_taken()) std::this_thread::yield();
  CHECK(fs::is_empty(above.in("")));
  ending.join();
}

TEST_CASE("a question does not keep a lab from its directory") {
  const TemporaryFolder above;
  const std::string path = above.in("run");
  // Asks as a command does: from another process. A thread of this one might have the allocator's
  // lock while a janitor is forked, who would wait for it for ever.
  const pid_t parent = ::getpid();
  const pid_t curious = ::fork();
  REQUIRE(curious >= 0);
  if (curious == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (::getppid() == parent) (void)is_in_use(path);
    ::_exit(EXIT_FAILURE);
  }
  std::string fault;
  for (int i = 0; i < 200 && fault.empty(); ++i) {
    const auto dir = RunDir::make(path);
    if (!dir.ok()) fault = message_of(dir.status());
  }
  REQUIRE(::kill(curious, SIGKILL) == 0);
  int status = 0;
  CHECK(::waitpid(curious, &status, 0) == curious);
  CHECK(WIFSIGNALED(status));
  CHECK(fault == "");
}

TEST_CASE("a directory that cannot be moved is cleared, and serves the next lab") {
  if (::geteuid() == 0) return;  // who may write everywhere
  const TemporaryFolder above;
  const std::string path = above.in("run");
  fs::create_directory(path);
  fs::permissions(path, fs::perms::owner_all);
  fs::permissions(above.in(""), fs::perms::owner_read | fs::perms::owner_exec);
  for (int i = 0; i < 2; ++i) {
    const auto dir = RunDir::make(path);
    REQUIRE(dir.ok());
    REQUIRE((*dir)->write("api", "http://here").ok());
  }
  CHECK_FALSE(fs::exists(path + "/api"));
  CHECK_FALSE(is_in_use(path));
  fs::permissions(above.in(""), fs::perms::owner_all);
}
