#include "store/history_file.h"

#include <sys/resource.h>

#include <csignal>

#include "scratch.h"

namespace waymark::store {
namespace {

using stats::Minute;

constexpr std::int64_t kNow = 1'700'000'040;

Minute minute(std::int64_t minutes_ago, const std::string& upstream, std::uint64_t frames) {
  return {upstream,
          {.at = kNow - 60 * minutes_ago,
           .millis = 60'000,
           .frames = frames,
           .delivered = 1,
           .answers = 2,
           .failed_answers = 3,
           .timed_out = 4,
           .dead_lettered = 5,
           .connections = 6,
           .answer_p50_us = 7,
           .answer_p99_us = 8,
           .up_p99_us = 9,
           .down_p99_us = 10}};
}

struct Fixture {
  Scratch scratch;
  std::vector<std::string> notices;
  std::string path = scratch.path() + "/history.db";

  HistoryFile file() {
    return {scratch.path(), [this](const std::string& line) { notices.push_back(line); }};
  }
};

TEST_CASE_METHOD(Fixture, "minutes are there again after a restart") {
  const std::vector<Minute> written = {minute(2, "", 11), minute(2, "a", 12), minute(1, "", 13)};
  {
    HistoryFile first = file();
    CHECK(first.read().empty());
    CHECK(first.write(written, kNow));
  }
  CHECK(file().read() == written);
  CHECK(mode_of(path) == 0600);
  CHECK(notices.empty());
}

TEST_CASE_METHOD(Fixture, "a minute is written once, and a day is kept") {
  HistoryFile one = file();
  CHECK(one.write(std::vector{minute(24 * 60, "", 1), minute(24 * 60 - 1, "", 2)}, kNow - 60));
  CHECK(one.write(std::vector{minute(0, "", 3), minute(-24 * 60 - 1, "", 4)}, kNow));
  CHECK(one.write(std::vector{minute(0, "", 5)}, kNow));
  CHECK(one.read() == std::vector{minute(24 * 60 - 1, "", 2), minute(0, "", 5)});
}

TEST_CASE_METHOD(Fixture, "a file that cannot be read is made anew, and that is told") {
  const std::string bytes =
      GENERATE(std::string(8'192, 'x'), std::string("SQLite format 3\0abc", 19));
  write_file(path, bytes);
  HistoryFile one = file();
  CHECK(one.read().empty());
  REQUIRE(notices.size() == 1);
  CHECK(contains(notices[0], path));
  CHECK(contains(notices[0], "a new one is begun"));
  CHECK(one.write(std::vector{minute(0, "", 1)}, kNow));
  CHECK(file().read().size() == 1);
}

TEST_CASE_METHOD(Fixture, "another program's database is made anew too") {
  write_file(path, "");
  {
    auto other = Sqlite::open(path);
    REQUIRE(other.ok());
    REQUIRE((*other)->run("CREATE TABLE songs (name TEXT)").ok());
  }
  HistoryFile one = file();
  CHECK(one.read().empty());
  CHECK(notices.size() == 1);
  CHECK(one.write(std::vector{minute(0, "", 1)}, kNow));
}

TEST_CASE_METHOD(Fixture, "a file that is taken away is made again") {
  HistoryFile one = file();
  CHECK(one.write(std::vector{minute(1, "", 1)}, kNow));
  std::filesystem::remove(path);
  CHECK(one.write(std::vector{minute(0, "", 2)}, kNow));
  CHECK(file().read() == std::vector{minute(0, "", 2)});
}

TEST_CASE_METHOD(Fixture, "what cannot be written is told once, and writing is tried again") {
  HistoryFile one = file();
  std::filesystem::create_directory(path);
  CHECK_FALSE(one.write(std::vector{minute(1, "", 1)}, kNow));
  CHECK_FALSE(one.write(std::vector{minute(1, "", 1)}, kNow));
  REQUIRE(notices.size() == 1);
  CHECK(contains(notices[0], "history: "));
  CHECK(contains(notices[0], path));
  std::filesystem::remove(path);
  CHECK(one.write(std::vector{minute(0, "", 2)}, kNow));
  CHECK(one.read() == std::vector{minute(0, "", 2)});
}

TEST_CASE_METHOD(Fixture, "a full disk costs the minute and nothing else") {
  HistoryFile one = file();
  CHECK(one.write(std::vector{minute(3, "", 1)}, kNow));
  std::vector<Minute> many;
  for (int i = 0; i < 2'000; ++i) many.push_back(minute(2, "upstream-" + std::to_string(i), 1));
  const auto limit_files = [](rlim_t bytes) {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  };
  const auto before = ::signal(SIGXFSZ, SIG_IGN);
  limit_files(64 * 1024);
  const bool written = one.write(many, kNow);
  limit_files(RLIM_INFINITY);
  (void)::signal(SIGXFSZ, before);
  CHECK_FALSE(written);
  CHECK(notices.size() == 1);
  CHECK(one.write(std::vector{minute(1, "", 2)}, kNow));
  CHECK(one.read() == std::vector{minute(3, "", 1), minute(1, "", 2)});
}

}  // namespace
}  // namespace waymark::store
