#include "store/schema.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "scratch.h"
#include "store/rows.h"

namespace waymark::store {
namespace {

constexpr std::string_view kFirst = "CREATE TABLE colours (name TEXT) STRICT";
constexpr std::string_view kSecond =
    "ALTER TABLE colours ADD COLUMN tone INTEGER; UPDATE colours SET tone = 5;";
constexpr std::string_view kBroken =
    "CREATE TABLE more (name TEXT); INSERT INTO nowhere VALUES (1)";

class Database {
 public:
  Database() {
    write_file(path(), "");
    auto opened = Sqlite::open(path());
    REQUIRE(opened.ok());
    sqlite_ = std::move(*opened);
  }
  [[nodiscard]] std::string path() const { return scratch_.path() + "/any.db"; }
  Sqlite& operator*() { return *sqlite_; }
  std::int64_t number(std::string_view sql) { return sqlite_->number(sql).value(); }

 private:
  const Scratch scratch_;
  std::unique_ptr<Sqlite> sqlite_;
};

TEST_CASE("leads a new file through all versions, and leaves it alone the second time") {
  Database database;
  const std::array steps{kFirst, kSecond};
  for (int times = 0; times < 2; ++times) {
    REQUIRE(migrate(*database, steps).ok());
    CHECK(database.number("PRAGMA user_version") == 2);
    CHECK(database.number("PRAGMA application_id") == kApplicationId);
  }
}

TEST_CASE("leads an older file on with what it holds") {
  Database database;
  REQUIRE(migrate(*database, std::array{kFirst}).ok());
  REQUIRE((*database).run("INSERT INTO colours VALUES ('blue')").ok());
  REQUIRE(migrate(*database, std::array{kFirst, kSecond}).ok());
  CHECK(database.number("SELECT tone FROM colours WHERE name = 'blue'") == 5);
}

TEST_CASE("a file of version 1 gets the table of dead letters, and keeps what it holds") {
  Database database;
  REQUIRE(migrate(*database, migrations().first(1)).ok());
  const StoredState before{.upstreams = {lease("a")}, .settings = {setting("log.level", "debug")}};
  REQUIRE(write_state(before, *database).ok());
  REQUIRE(migrate(*database, migrations()).ok());
  CHECK(database.number("PRAGMA user_version") == 2);
  CHECK(read_state(*database).value() == before);
  REQUIRE(write_change(PutDeadLetter{dead_letter(1)}, *database).ok());
  StoredState after = before;
  apply(PutDeadLetter{dead_letter(1)}, after);
  CHECK(read_state(*database).value() == after);
}

TEST_CASE("a step that fails leaves nothing behind, and the version before it") {
  Database database;
  const absl::Status status = migrate(*database, std::array{kFirst, kBroken, kSecond});
  REQUIRE_FALSE(status.ok());
  CAPTURE(message_of(status));
  CHECK(contains(message_of(status), "version 1 cannot become 2"));
  CHECK(contains(message_of(status), database.path()));
  CHECK(database.number("PRAGMA user_version") == 1);
  CHECK(database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'more'") == 0);
  CHECK(migrate(*database, std::array{kFirst, kSecond}).ok());
}

TEST_CASE("refuses a newer file and names it, its version and its own") {
  Database database;
  REQUIRE((*database).run("PRAGMA user_version = 7").ok());
  const absl::Status status = migrate(*database, std::array{kFirst, kSecond});
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(contains(message_of(status), database.path() + " has version 7"));
  CHECK(contains(message_of(status), "newest this program knows is 2"));
  CHECK(database.number("SELECT count(*) FROM sqlite_schema") == 0);
}

}  // namespace
}  // namespace waymark::store
