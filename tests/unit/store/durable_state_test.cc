#include "store/durable_state.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "scratch.h"
#include "store/schema.h"

namespace waymark::store {
namespace {

// A state in a directory of its own that is closed and opened again.
class Kept {
 public:
  absl::Status open(bool recover = false) {
    state_.reset();
    auto opened = DurableState::open(scratch.state(), recover,
                                     [this](const std::string& line) { notices.push_back(line); });
    if (!opened.ok()) return opened.status();
    state_ = std::move(*opened);
    return absl::OkStatus();
  }
  void close() { state_.reset(); }
  absl::Status write(const Change& change) { return state_->write({&change, 1}); }
  // So many that they fill several pages.
  StoredState fill(int upstreams) {
    for (int i = 0; i < upstreams; ++i) {
      REQUIRE(write(PutUpstream{lease("upstream-" + std::to_string(i))}).ok());
    }
    return state_->state();
  }
  DurableState* operator->() { return state_.get(); }
  [[nodiscard]] std::vector<std::string> files_with(std::string_view part) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(scratch.state())) {
      if (contains(entry.path().filename().string(), part)) found.push_back(entry.path().string());
    }
    return found;
  }

  const Scratch scratch;
  std::vector<std::string> notices;

 private:
  std::unique_ptr<DurableState> state_;
};

TEST_CASE("starts with nothing, in files for their owner alone") {
  Kept kept;
  REQUIRE(kept.open().ok());
  CHECK(kept->state() == StoredState{});
  REQUIRE(kept.write(PutUpstream{added("a")}).ok());
  CHECK(mode_of(kept.scratch.database()) == 0600);
  CHECK(mode_of(kept.scratch.database() + "-wal") == 0600);
  kept.close();
  CHECK(kept.files_with("").size() == 2);  // state.db and lock
  CHECK(kept.notices.empty());
}

TEST_CASE("takes back the mode of a file that others could read") {
  Kept kept;
  REQUIRE(kept.open().ok());
  kept.close();
  std::filesystem::permissions(kept.scratch.database(), std::filesystem::perms(0644));
  REQUIRE(kept.open().ok());
  CHECK(mode_of(kept.scratch.database()) == 0600);
}

TEST_CASE("every change is there after closing and opening, and made twice it is as once") {
  Kept kept;
  REQUIRE(kept.open().ok());
  StoredState expected;
  const std::vector<Change> changes{
      PutUpstream{added("a")},
      PutUpstream{lease("b")},
      PutOverride{{.upstream_id = "f", .weight = 3, .admin_state = "drain"}},
      PutOverride{{.upstream_id = "g"}},
      PutSetting{setting("log.level", "debug")},
      PutSetting{setting("drain.delay", "5s")},
      PutUpstream{lease("a")},
      EraseUpstream{"b"},
      EraseOverride{"f"},
      EraseSetting{"log.level"}};
  for (const Change& change : changes) {
    for (int times = 0; times < 2; ++times) {
      REQUIRE(kept.write(change).ok());
      apply(change, expected);
      REQUIRE(kept.open().ok());
      CHECK(kept->state() == expected);
    }
  }
  CHECK(expected == StoredState{.upstreams = {lease("a")},
                                .overrides = {{.upstream_id = "g"}},
                                .settings = {setting("drain.delay", "5s")}});
}

TEST_CASE(
    "refuses a file of a newer program, with and without recovering, and leaves it as it is") {
  Kept kept;
  REQUIRE(kept.open().ok());
  const StoredState before = kept.fill(3);
  kept.close();
  const auto set_version = [&kept](std::size_t version) {
    auto database = Sqlite::open(kept.scratch.database());
    REQUIRE(database.ok());
    (*database)->keep_log(true);
    REQUIRE((*database)->run("PRAGMA user_version = " + std::to_string(version)).ok());
  };
  set_version(migrations().size() + 1);
  const std::string bytes = read_file(kept.scratch.database());
  const std::string log = read_file(kept.scratch.database() + "-wal");
  REQUIRE_FALSE(log.empty());
  const absl::Status status = kept.open(GENERATE(false, true));
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CAPTURE(message_of(status));
  CHECK(contains(message_of(status), kept.scratch.database()));
  CHECK(contains(message_of(status), "version " + std::to_string(migrations().size() + 1)));
  CHECK(contains(message_of(status), "knows is " + std::to_string(migrations().size())));
  CHECK(read_file(kept.scratch.database()) == bytes);
  CHECK(read_file(kept.scratch.database() + "-wal") == log);
  set_version(migrations().size());
  REQUIRE(kept.open().ok());
  CHECK(kept->state() == before);
}

TEST_CASE("refuses a damaged file, leaves it as it is, and on demand puts it aside") {
  Kept kept;
  REQUIRE(kept.open().ok());
  (void)kept.fill(200);
  kept.close();
  const std::string whole = read_file(kept.scratch.database());
  REQUIRE(whole.size() > 8 * 4096);
  std::string bytes;
  std::string says;
  SECTION("of garbage") {
    bytes = std::string(5000, '#');
    says = "file is not a database";
  }
  SECTION("of nothing") { says = "no state of waymark"; }
  SECTION("cut within its header") {
    bytes = whole.substr(0, 50);
    says = "no state of waymark";
  }
  SECTION("cut to half") { bytes = whole.substr(0, whole.size() / 2); }
  SECTION("with a page overwritten") {
    bytes = whole;
    bytes.replace(5 * 4096, 4096, std::string(4096, '\xa5'));
  }
  SECTION("with the head of each later page flipped") {
    bytes = whole;
    for (std::size_t page = 2; page * 4096 < bytes.size(); ++page) {
      for (std::size_t i = 0; i < 8; ++i) bytes[page * 4096 + i] ^= '\x55';
    }
  }
  SECTION("with its indexes overwritten, which reading would not notice") {
    bytes = whole;
    for (std::size_t page = 1; page * 4096 < bytes.size(); ++page) {
      if (bytes[page * 4096] == '\x0a') bytes.replace(page * 4096, 4096, std::string(4096, '\0'));
    }
    REQUIRE(bytes != whole);
  }
  SECTION("of another program") {
    write_file(kept.scratch.database(), "");
    REQUIRE(Sqlite::open(kept.scratch.database()).value()->run("CREATE TABLE mail (x)").ok());
    bytes = read_file(kept.scratch.database());
    says = "no state of waymark";
  }
  write_file(kept.scratch.database(), bytes);

  const absl::Status status = kept.open();
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  CAPTURE(message_of(status));
  CHECK(contains(message_of(status), kept.scratch.database() + " is damaged"));
  CHECK(contains(message_of(status), says));
  CHECK(contains(message_of(status), "--recover"));
  CHECK(read_file(kept.scratch.database()) == bytes);

  REQUIRE(kept.open(true).ok());
  std::vector<std::string> aside = kept.files_with("state.db.corrupt-");
  std::erase_if(aside, [](const std::string& name) { return name.ends_with("-wal"); });
  REQUIRE(aside.size() == 1);
  CHECK(aside[0].ends_with("Z"));
  CHECK(read_file(aside[0]) == bytes);
  REQUIRE(kept.notices.size() == 1);
  CHECK(contains(kept.notices[0], aside[0]));
  REQUIRE(kept.write(PutUpstream{added("new")}).ok());
  const StoredState now = kept->state();
  REQUIRE(kept.open().ok());
  CHECK(kept->state() == now);
}

TEST_CASE("saves what can still be read on both sides of a damaged page") {
  Kept kept;
  REQUIRE(kept.open().ok());
  (void)kept.fill(200);
  REQUIRE(kept.write(PutSetting{setting("log.level", "debug")}).ok());
  kept.close();
  std::string bytes = read_file(kept.scratch.database());
  const std::size_t middle = bytes.find("upstream-100");
  REQUIRE(middle != std::string::npos);
  for (std::size_t page = 0; page * 4096 < bytes.size(); ++page) {  // also in the index
    if (contains(std::string_view(bytes).substr(page * 4096, 4096), "upstream-100")) {
      bytes.replace(page * 4096, 4096, std::string(4096, '\0'));
    }
  }
  write_file(kept.scratch.database(), bytes);
  REQUIRE_FALSE(kept.open().ok());
  REQUIRE(kept.open(true).ok());
  const std::vector<StoredUpstream>& saved = kept->state().upstreams;
  CAPTURE(saved.size());
  CHECK(saved.size() > 100);
  CHECK(saved.size() < 200);
  CHECK(saved.front() == lease("upstream-0"));
  CHECK(saved.back() == lease("upstream-199"));
  CHECK(kept->state().settings == std::vector{setting("log.level", "debug")});
}

TEST_CASE("recovering a healthy file changes nothing") {
  Kept kept;
  REQUIRE(kept.open().ok());
  const StoredState before = kept.fill(3);
  REQUIRE(kept.open(true).ok());
  CHECK(kept->state() == before);
  CHECK(kept.files_with("corrupt").empty());
  CHECK(kept.notices.empty());
}

TEST_CASE("a file lost while open is made again from memory with the next write") {
  Kept kept;
  REQUIRE(kept.open().ok());
  StoredState expected = kept.fill(20);
  const std::string database = kept.scratch.database();
  SECTION("deleted with its log") {
    std::filesystem::remove(database);
    std::filesystem::remove(database + "-wal");
  }
  SECTION("deleted alone") { std::filesystem::remove(database); }
  SECTION("without its log") { std::filesystem::remove(database + "-wal"); }
  SECTION("with its directory") { std::filesystem::remove_all(kept.scratch.state()); }
  SECTION("emptied") { std::filesystem::resize_file(database, 0); }
  SECTION("its log emptied") { std::filesystem::resize_file(database + "-wal", 0); }
  SECTION("replaced by another") {
    write_file(database + ".other", "a backup");
    std::filesystem::rename(database + ".other", database);
  }
  REQUIRE(kept.write(PutUpstream{added("new")}).ok());
  apply(PutUpstream{added("new")}, expected);
  CHECK(kept->state() == expected);
  REQUIRE(kept.notices.size() == 1);
  CHECK(contains(kept.notices[0], database + " was deleted"));
  REQUIRE(kept.write(EraseUpstream{"new"}).ok());
  apply(EraseUpstream{"new"}, expected);
  REQUIRE(kept.open().ok());
  CHECK(kept->state() == expected);
  CHECK(kept.notices.size() == 1);
}

TEST_CASE("mends without a write too, and keeps what was put in the file's place") {
  Kept kept;
  REQUIRE(kept.open().ok());
  const StoredState expected = kept.fill(3);
  REQUIRE(kept->mend().ok());
  CHECK(kept.notices.empty());
  for (const std::string suffix : {"", "-wal"}) {
    write_file(kept.scratch.path() + "/backup", "a backup" + suffix);
    std::filesystem::rename(kept.scratch.path() + "/backup", kept.scratch.database() + suffix);
  }
  REQUIRE(kept->mend().ok());
  CHECK(read_file(kept.scratch.database() + ".replaced") == "a backup");
  CHECK(read_file(kept.scratch.database() + ".replaced-wal") == "a backup-wal");
  REQUIRE(kept.open().ok());
  CHECK(kept->state() == expected);
}

TEST_CASE("says so as long as the directory cannot be made again, and recovers when it can") {
  Kept kept;
  REQUIRE(kept.open().ok());
  StoredState expected = kept.fill(3);
  std::filesystem::remove_all(kept.scratch.state());
  write_file(kept.scratch.state(), "in the way");
  const absl::Status status = kept.write(PutUpstream{added("lost")});
  CHECK(absl::IsResourceExhausted(status));
  CHECK(contains(message_of(status), kept.scratch.state()));
  CHECK(kept->state() == expected);
  std::filesystem::remove(kept.scratch.state());
  REQUIRE(kept.write(PutUpstream{added("new")}).ok());
  apply(PutUpstream{added("new")}, expected);
  REQUIRE(kept.open().ok());
  CHECK(kept->state() == expected);
}

TEST_CASE("a file made half by a program that was killed is in nobody's way") {
  Kept kept;
  REQUIRE(kept.open().ok());
  const StoredState expected = kept.fill(3);
  kept.close();
  write_file(kept.scratch.database() + ".new", "half");
  REQUIRE(kept.open().ok());
  CHECK(kept->state() == expected);
  std::filesystem::remove(kept.scratch.database());
  REQUIRE(kept->write({}).ok());
  REQUIRE(kept.open().ok());
  CHECK(kept->state() == expected);
  CHECK(kept.files_with(".new").empty());
}

}  // namespace
}  // namespace waymark::store
