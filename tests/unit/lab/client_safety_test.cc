#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/status.h"
#include "lab/client.h"
#include "lab/run_dir.h"
#include "temporary_folder.h"

using namespace waymark;
using namespace waymark::lab;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

// A directory as a running lab has it.
struct SomeLab {
  SomeLab() : dir(*RunDir::make(above.in("run"))) {
    REQUIRE(dir->write("api", "http://127.0.0.1:1").ok());
    REQUIRE(dir->write("token", "secret\n").ok());
  }

  const TemporaryFolder above;
  const std::unique_ptr<RunDir> dir;
};

}  // namespace

TEST_CASE("the directory of a lab is trusted if nobody else can have made it") {
  const SomeLab lab;
  const std::string path = lab.dir->path();
  CHECK(Client::find(path).ok());
  SECTION("others may enter") {
    fs::permissions(path, fs::perms::owner_all | fs::perms::others_exec);
    const absl::Status status = Client::find(path).status();
    CHECK(absl::IsFailedPrecondition(status));
    CHECK_THAT(std::string(message_of(status)), Contains(path) && Contains("0700"));
    CHECK_FALSE(is_in_use(path));
  }
  SECTION("somebody else's") {
    if (::geteuid() != 0) return;
    REQUIRE(::chown(path.c_str(), 65'534, 65'534) == 0);
    CHECK(absl::IsFailedPrecondition(Client::find(path).status()));
    CHECK_FALSE(is_in_use(path));
    REQUIRE(::chown(path.c_str(), 0, 0) == 0);
  }
  SECTION("a link") {
    fs::create_symlink(path, lab.above.in("link"));
    CHECK(absl::IsFailedPrecondition(Client::find(lab.above.in("link")).status()));
    CHECK(absl::IsFailedPrecondition(Client::find(lab.above.in("link/")).status()));
  }
}

TEST_CASE("what is no file is not waited for, and a link not followed") {
  const SomeLab lab;
  const std::string api = lab.dir->in("api");
  fs::rename(api, lab.above.in("api"));
  SECTION("a pipe") { REQUIRE(::mkfifo(api.c_str(), 0600) == 0); }
  SECTION("a link") { fs::create_symlink(lab.above.in("api"), api); }
  SECTION("a file without end") { REQUIRE(lab.dir->write("api", std::string(5'000, 'x')).ok()); }
  CHECK(absl::IsNotFound(Client::find(lab.dir->path()).status()));
}

TEST_CASE("a lab that is not there is told of") {
  const TemporaryFolder above;
  const absl::Status status = Client::find(above.in("run")).status();
  CHECK(absl::IsNotFound(status));
  CHECK_THAT(std::string(message_of(status)), Contains("waymark-lab up starts one"));
}
