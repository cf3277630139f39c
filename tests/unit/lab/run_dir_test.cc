#include "lab/run_dir.h"

#include <sys/stat.h>
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
#include "temporary_folder.h"

using namespace waymark;
using namespace waymark::lab;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string fault_of(const std::string& path) {
  const auto dir = RunDir::make(path);
  return dir.ok() ? "" : std::string(message_of(dir.status()));
}

mode_t mode_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
}

}  // namespace

TEST_CASE("a directory is for its user alone, and gone with what is in it") {
  const TemporaryFolder above;
  const std::string path = above.in("run");
  {
    const auto dir = RunDir::make(path);
    REQUIRE(dir.ok());
    CHECK(is_in_use(path));
    CHECK(mode_of(path) == 0700);
    REQUIRE((*dir)->write("api", "http://here").ok());
    CHECK(mode_of((*dir)->in("api")) == 0600);
    REQUIRE((*dir)->make_folder("state/proxy-1").ok());
    REQUIRE((*dir)->write("state/proxy-1/secret", "x").ok());
    CHECK_FALSE((*dir)->write("nowhere/file", "x").ok());
  }
  CHECK_FALSE(is_in_use(path));
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a second lab in the same directory is refused, until the first is gone") {
  const TemporaryFolder above;
  const std::string path = above.in("run");
  {
    const auto first = RunDir::make(path);
    REQUIRE(first.ok());
    REQUIRE((*first)->write("api", "http://here").ok());
    CHECK_THAT(fault_of(path), Contains("a lab runs in " + path) && Contains("--dir"));
    CHECK(fs::exists((*first)->in("api")));
  }
  CHECK(fault_of(path) == "");
}

TEST_CASE("a janitor removes the directory of a lab that was killed") {
  const TemporaryFolder above;
  const std::string path = above.in("run");
  const pid_t lab = ::fork();
  if (lab == 0) {
    const auto dir = RunDir::make(path);
    const bool made = dir.ok() && (*dir)->write("token", "x").ok();
    if (made) ::kill(::getpid(), SIGKILL);
    ::_exit(EXIT_FAILURE);
  }
  int status = 0;
  REQUIRE(::waitpid(lab, &status, 0) == lab);
  REQUIRE(WIFSIGNALED(status));
  for (const auto until = std::chrono::steady_clock::now() + 60s;
       fs::exists(path) && std::chrono::steady_clock::now() < until;) {
    std::this_thread::sleep_for(10ms);
  }
  CHECK_FALSE(fs::exists(path));
  CHECK(fault_of(path) == "");
}

TEST_CASE("what a lab that was cut off has left is cleared") {
  const TemporaryFolder above;
  const std::string path = above.in("run");
  fs::create_directory(path);
  fs::permissions(path, fs::perms::owner_all);
  std::ofstream(path + "/waymark-lab.lock") << "";
  std::ofstream(path + "/token") << "old";
  const auto dir = RunDir::make(path);
  REQUIRE(dir.ok());
  CHECK_FALSE(fs::exists((*dir)->in("token")));
}

TEST_CASE("a directory that is not of a lab is left alone") {
  const TemporaryFolder above;
  const std::string path = above.in("run");
  SECTION("with files") {
    fs::create_directory(path);
    fs::permissions(path, fs::perms::owner_all);
    std::ofstream(path + "/precious") << "x";
    CHECK_THAT(fault_of(path), Contains("is not empty, and not of a lab; --dir"));
    CHECK(fs::exists(path + "/precious"));
  }
  SECTION("others may enter") {
    fs::create_directory(path);
    fs::permissions(path, fs::perms::all);
    CHECK_THAT(fault_of(path), Contains("mode 0700") && Contains("--dir"));
  }
  SECTION("a link to another place") {
    fs::create_directory(above.in("there"));
    fs::permissions(above.in("there"), fs::perms::owner_all);
    fs::create_symlink(above.in("there"), path);
    CHECK_THAT(fault_of(path), Contains("not a directory of this user alone"));
  }
  SECTION("a file") {
    std::ofstream(path) << "x";
    CHECK_THAT(fault_of(path), Contains("not a directory of this user alone"));
  }
  CHECK_FALSE(is_in_use(path));
}

TEST_CASE("a path that cannot hold sockets is an error of the command line") {
  CHECK_THAT(fault_of("run"), Contains("--dir run: an absolute path of at most 80 bytes"));
  CHECK_THAT(fault_of("/tmp/" + std::string(80, 'x')), Contains("at most 80 bytes"));
  CHECK_THAT(fault_of("/nowhere/run"), Contains("/nowhere/run"));
}

TEST_CASE("the directory without --dir is of the session, or of the user") {
  const char* const before = std::getenv("XDG_RUNTIME_DIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  CHECK(default_run_dir() == "/run/user/7/waymark-lab");
  ::unsetenv("XDG_RUNTIME_DIR");
  CHECK(default_run_dir() == "/tmp/waymark-lab-" + std::to_string(::geteuid()));
  if (before != nullptr) ::setenv("XDG_RUNTIME_DIR", kept.c_str(), 1);
}
