#include "store/rows.h"

#include <catch2/catch.hpp>
#include <limits>
#include <memory>
#include <string>

#include "scratch.h"
#include "store/schema.h"

namespace waymark::store {
namespace {

class Database {
 public:
  Database() {
    const std::string path = scratch_.path() + "/any.db";
    write_file(path, "");
    auto opened = Sqlite::open(path);
    REQUIRE(opened.ok());
    sqlite_ = std::move(*opened);
    REQUIRE(migrate(*sqlite_, migrations()).ok());
  }
  Sqlite& operator*() { return *sqlite_; }
  void run(const std::string& sql) { REQUIRE((*sqlite_).run(sql).ok()); }
  StoredState read() {
    auto state = read_state(*sqlite_);
    REQUIRE(state.ok());
    return std::move(*state);
  }

 private:
  const Scratch scratch_;
  std::unique_ptr<Sqlite> sqlite_;
};

StoredState everything() {
  StoredUpstream heavy = added("heavy");
  heavy.weight = std::numeric_limits<std::uint32_t>::max();
  heavy.ttl_seconds = std::numeric_limits<std::uint32_t>::max();
  return {.upstreams = {lease("z"), heavy, added("")},
          .overrides = {{.upstream_id = "f1", .weight = 0},
                        {.upstream_id = "f2", .admin_state = ""},
                        {.upstream_id = "f3", .weight = 4, .admin_state = "maintenance"},
                        {.upstream_id = "f4"}},
          .settings = {setting("log.level", "debug"), setting("empty", ""),
                       setting("bytes", std::string("\0'\";--\xff\xfe", 8))},
          .dead_letters = {{3, dead_letter(3, std::string("\0'\xff\n", 4))},
                           {9, dead_letter(9, "")},
                           {std::numeric_limits<std::int64_t>::max(),
                            dead_letter(std::numeric_limits<std::int64_t>::max())}}};
}

TEST_CASE("every field of every kind comes back, in order") {
  Database database;
  REQUIRE(write_state(everything(), *database).ok());
  CHECK(database.read() == everything());
}

TEST_CASE("changes do to the tables what they do in memory, once or twice") {
  StoredUpstream changed = lease("z");
  changed.source = StoredUpstream::Source::api;
  changed.pool = "other";
  changed.address = "[::1]:1";
  changed.weight = 1;
  changed.protocol = "link";
  changed.insecure = false;
  changed.metadata.clear();
  changed.ttl_seconds = 0;
  changed.admin_state = "ready";
  const Change change = GENERATE_COPY(
      Change{PutUpstream{added("new")}}, Change{PutUpstream{changed}}, Change{EraseUpstream{"z"}},
      Change{EraseUpstream{"unknown"}}, Change{PutOverride{{.upstream_id = "f5", .weight = 1}}},
      Change{PutOverride{{.upstream_id = "f3"}}}, Change{EraseOverride{"f1"}},
      Change{EraseOverride{"unknown"}}, Change{PutSetting{setting("log.level", "warn")}},
      Change{PutSetting{setting("new", "1")}}, Change{EraseSetting{"empty"}},
      Change{EraseSetting{"unknown"}}, Change{PutDeadLetter{dead_letter(4)}},
      Change{PutDeadLetter{dead_letter(3, "other")}}, Change{EraseDeadLetters{{9, 3, 5}}},
      Change{EraseDeadLetters{}});
  Database database;
  REQUIRE(write_state(everything(), *database).ok());
  StoredState expected = everything();
  for (int times = 0; times < 2; ++times) {
    REQUIRE(write_change(change, *database).ok());
    apply(change, expected);
    CHECK(database.read() == expected);
  }
}

TEST_CASE("a row that was never written like this is damage, and left out when saving the rest") {
  const std::string sql = GENERATE("UPDATE upstreams SET source = 'file' WHERE id = 'z'",
                                   "UPDATE upstreams SET metadata = '4:room' WHERE id = 'z'",
                                   "UPDATE upstreams SET weight = -1 WHERE id = 'z'",
                                   "UPDATE upstreams SET ttl_seconds = 1 << 32 WHERE id = 'z'");
  CAPTURE(sql);
  Database database;
  REQUIRE(write_state(everything(), *database).ok());
  database.run(sql);
  const auto state = read_state(*database);
  CHECK(state.status().code() == absl::StatusCode::kDataLoss);
  CHECK(contains(message_of(state.status()), "row 1 of upstreams"));
  StoredState rest = everything();
  apply(EraseUpstream{"z"}, rest);
  CHECK(salvage_state(*database) == rest);
}

TEST_CASE("a dead letter that was never written like this is damage too") {
  const std::string sql = GENERATE(
      "UPDATE dead_letters SET mark = 'nobody' WHERE number = 3",
      "UPDATE dead_letters SET mark = '00000000-0000-0000-0000-000000000000' WHERE number = 3",
      "UPDATE dead_letters SET seq = -1 WHERE number = 3",
      "UPDATE dead_letters SET attempts = 1 << 32 WHERE number = 3",
      "UPDATE dead_letters SET received_at = -1 WHERE number = 3",
      "UPDATE dead_letters SET dead_at = -1 WHERE number = 3",
      "UPDATE dead_letters SET number = -3 WHERE number = 3");
  CAPTURE(sql);
  Database database;
  REQUIRE(write_state(everything(), *database).ok());
  database.run(sql);
  const auto state = read_state(*database);
  CHECK(state.status().code() == absl::StatusCode::kDataLoss);
  CHECK(contains(message_of(state.status()), "3 of dead_letters"));
  StoredState rest = everything();
  apply(EraseDeadLetters{{3}}, rest);
  CHECK(salvage_state(*database) == rest);
}

TEST_CASE("saves the tables that are there") {
  Database database;
  REQUIRE(write_state(everything(), *database).ok());
  database.run("DROP TABLE overrides");
  CHECK(read_state(*database).status().code() == absl::StatusCode::kDataLoss);
  StoredState rest = everything();
  rest.overrides.clear();
  CHECK(salvage_state(*database) == rest);
}

}  // namespace
}  // namespace waymark::store
