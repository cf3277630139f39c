#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scratch.h"
#include "store/durable_state.h"
#include "store/store.h"

namespace waymark::store {
namespace {

// A disk of 1 MiB that only this process sees.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0) return;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    mounted_ = ::mount("small", path_.c_str(), "tmpfs", 0, "size=1m") == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) (void)::umount2(path_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }

  // Leaves no byte.
  void fill() {
    std::ofstream file(path_ + "/ballast", std::ios::binary | std::ios::app);
    while (file.put('x').flush()) {
    }
  }
  void make_room() { std::filesystem::remove(path_ + "/ballast"); }
  void make_room(std::uintmax_t bytes) {
    const std::string ballast = path_ + "/ballast";
    std::filesystem::resize_file(ballast, std::filesystem::file_size(ballast) - bytes);
  }

 private:
  const std::string path_;
  bool mounted_ = false;
};

// No file may grow beyond this, for as long as it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    (void)::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit wanted{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &wanted) == 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    (void)::setrlimit(RLIMIT_FSIZE, &before_);
    (void)::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

std::unique_ptr<DurableState> open(const std::string& directory) {
  auto opened = DurableState::open(directory, false, {});
  if (!opened.ok()) FAIL(message_of(opened.status()));
  return std::move(*opened);
}

absl::Status write(DurableState& state, const Change& change) { return state.write({&change, 1}); }

// Writes entries of about a page each until one is refused; how many were not.
int write_until_refused(DurableState& state, absl::Status& refusal) {
  for (int i = 0; i < 10'000; ++i) {
    refusal =
        write(state, PutSetting{setting("path-" + std::to_string(i), std::string(3000, 'x'))});
    if (!refusal.ok()) return i;
  }
  return 10'000;
}

TEST_CASE("a full disk refuses a write, changes nothing, and takes writes again when it has room") {
  const Scratch scratch;
  SmallDisk disk(scratch.state());
  if (!disk.mounted()) {
    WARN("not tested: a disk cannot be mounted here");
    return;
  }
  std::unique_ptr<DurableState> state = open(scratch.state());
  REQUIRE(write(*state, PutUpstream{lease("a")}).ok());
  disk.fill();

  absl::Status refusal;
  const int written = write_until_refused(*state, refusal);
  CHECK(written < 10'000);
  CHECK(absl::IsResourceExhausted(refusal));
  CAPTURE(message_of(refusal));
  CHECK(contains(message_of(refusal), scratch.database()));
  CHECK(contains(message_of(refusal), "full"));
  CHECK(state->state().settings.size() == static_cast<std::size_t>(written));
  CHECK_FALSE(write(*state, PutSetting{setting("large", std::string(100'000, 'x'))}).ok());

  disk.make_room();
  REQUIRE(write(*state, PutUpstream{added("b")}).ok());
  StoredState expected = state->state();
  CHECK(expected.upstreams == std::vector{lease("a"), added("b")});
  state = nullptr;
  CHECK(open(scratch.state())->state() == expected);
}

TEST_CASE("what fits on a small disk can be written over and over") {
  const Scratch scratch;
  SmallDisk disk(scratch.state());
  if (!disk.mounted()) {
    WARN("not tested: a disk cannot be mounted here");
    return;
  }
  std::unique_ptr<DurableState> state = open(scratch.state());
  disk.fill();
  disk.make_room(200'000);
  for (int i = 0; i < 200; ++i) {
    const absl::Status status = write(
        *state, PutSetting{setting("path", std::string(20'000, static_cast<char>('a' + i % 26)))});
    if (!status.ok()) FAIL(i << ": " << message_of(status));
  }
  const StoredState expected = state->state();
  state = nullptr;
  CHECK(open(scratch.state())->state() == expected);
}

TEST_CASE("a disk that others have filled still takes what is no larger than before") {
  const Scratch scratch;
  SmallDisk disk(scratch.state());
  if (!disk.mounted()) {
    WARN("not tested: a disk cannot be mounted here");
    return;
  }
  std::unique_ptr<DurableState> state = open(scratch.state());
  REQUIRE(write(*state, PutUpstream{lease("a")}).ok());
  REQUIRE(write(*state, PutSetting{setting("path", std::string(20'000, 'x'))}).ok());
  disk.fill();
  StoredUpstream ready = lease("a");
  ready.admin_state = "ready";
  REQUIRE(write(*state, PutUpstream{ready}).ok());
  REQUIRE(write(*state, EraseSetting{"path"}).ok());
  state = nullptr;
  CHECK(open(scratch.state())->state() == StoredState{.upstreams = {ready}});
}

TEST_CASE("starts and reads on a full disk") {
  const Scratch scratch;
  SmallDisk disk(scratch.state());
  if (!disk.mounted()) {
    WARN("not tested: a disk cannot be mounted here");
    return;
  }
  REQUIRE(write(*open(scratch.state()), PutUpstream{lease("a")}).ok());
  disk.fill();
  CHECK(open(scratch.state())->state().upstreams == std::vector{lease("a")});
}

TEST_CASE("a new file on a full disk is refused and leaves none behind") {
  const Scratch scratch;
  SmallDisk disk(scratch.state());
  if (!disk.mounted()) {
    WARN("not tested: a disk cannot be mounted here");
    return;
  }
  disk.fill();
  const auto refused = DurableState::open(scratch.state(), false, {});
  CHECK(absl::IsResourceExhausted(refused.status()));
  CHECK(contains(message_of(refused.status()), scratch.database()));
  CHECK_FALSE(std::filesystem::exists(scratch.database()));
  CHECK_FALSE(std::filesystem::exists(scratch.database() + ".new"));
  disk.make_room();
  CHECK(open(scratch.state())->state() == StoredState{});
}

TEST_CASE("a quota that ends counts as a full disk, and the file it broke off in is made again") {
  const Scratch scratch;
  std::vector<std::string> notices;
  auto opened = DurableState::open(
      scratch.state(), false, [&notices](const std::string& line) { notices.push_back(line); });
  REQUIRE(opened.ok());
  std::unique_ptr<DurableState> state = std::move(*opened);
  REQUIRE(write(*state, PutUpstream{lease("a")}).ok());
  StoredState expected = state->state();
  absl::Status refusal;
  {
    const FileSizeLimit limit(100'000);
    refusal = write(*state, PutSetting{setting("large", std::string(200'000, 'x'))});
    CHECK(state->state() == expected);
    REQUIRE_FALSE(notices.empty());
    CHECK(contains(notices[0], "made again"));
    // The small ones still fit.
    CHECK(write(*state, PutUpstream{added("b")}).ok());
  }
  CHECK(absl::IsResourceExhausted(refusal));
  CAPTURE(message_of(refusal));
  CHECK(contains(message_of(refusal), scratch.database()));
  CHECK(contains(message_of(refusal), "File too large"));
  REQUIRE(write(*state, PutSetting{setting("large", std::string(200'000, 'x'))}).ok());
  apply(PutUpstream{added("b")}, expected);
  apply(PutSetting{setting("large", std::string(200'000, 'x'))}, expected);
  state = nullptr;
  CHECK(open(scratch.state())->state() == expected);
}

TEST_CASE("a change that has no room does not keep its neighbours from the disk") {
  const Scratch scratch;
  std::promise<void> reached;
  std::promise<void> go_on;
  absl::Status before;
  absl::Status large;
  absl::Status after;
  const FileSizeLimit limit(100'000);
  {
    auto opened = Store::open({.directory = scratch.state()});
    REQUIRE(opened.ok());
    Store& store = **opened;
    store.write(EraseSetting{"none"}, [&](absl::Status) {
      reached.set_value();
      go_on.get_future().wait();
    });
    reached.get_future().wait();
    store.write(PutUpstream{added("a")}, [&before](absl::Status status) { before = status; });
    store.write(PutSetting{setting("large", std::string(200'000, 'x'))},
                [&large](absl::Status status) { large = status; });
    store.write(PutUpstream{added("b")}, [&after](absl::Status status) { after = status; });
    go_on.set_value();
  }
  CHECK(before.ok());
  CHECK(absl::IsResourceExhausted(large));
  CHECK(after.ok());
  CHECK(open(scratch.state())->state() == StoredState{.upstreams = {added("a"), added("b")}});
}

}  // namespace
}  // namespace waymark::store
