#include "store/history_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/status.h"

namespace waymark::store {
namespace {

constexpr mode_t kMode = 0600;
constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::int64_t kApplicationId = 0x57415948;  // "WAYH"
constexpr std::int64_t kVersion = 1;                 // another one's file is made anew

// A crash of the machine may cost the last minutes, and never the file. Others may read meanwhile.
constexpr const char* kSettings = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
)";

// `upstream` is empty for the whole proxy; `at` is the Unix second a minute begins with.
constexpr const char* kSchema = R"(
  CREATE TABLE minutes (
    at INTEGER NOT NULL,
    upstream TEXT NOT NULL,
    millis INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    answers INTEGER NOT NULL,
    failed_answers INTEGER NOT NULL,
    timed_out INTEGER NOT NULL,
    dead_lettered INTEGER NOT NULL,
    connections INTEGER NOT NULL,
    answer_p50_us INTEGER NOT NULL,
    answer_p99_us INTEGER NOT NULL,
    up_p99_us INTEGER NOT NULL,
    down_p99_us INTEGER NOT NULL,
    PRIMARY KEY (at, upstream)
  ) STRICT, WITHOUT ROWID;
)";

constexpr const char* kInsert =
    "INSERT OR REPLACE INTO minutes (at, upstream, millis, frames, delivered, answers, "
    "failed_answers, timed_out, dead_lettered, connections, answer_p50_us, answer_p99_us, "
    "up_p99_us, down_p99_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

// In the order of the columns, behind `at` and `upstream`.
constexpr std::uint64_t stats::Point::*const kNumbers[] = {
    &stats::Point::millis,        &stats::Point::frames,         &stats::Point::delivered,
    &stats::Point::answers,       &stats::Point::failed_answers, &stats::Point::timed_out,
    &stats::Point::dead_lettered, &stats::Point::connections,    &stats::Point::answer_p50_us,
    &stats::Point::answer_p99_us, &stats::Point::up_p99_us,      &stats::Point::down_p99_us};

absl::Status create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (fd < 0) return errno_error(errno, fmt::format("cannot make {}", path));
  ::close(fd);
  return absl::OkStatus();
}

void remove(const std::string& path) {
  for (const char* suffix : {"-wal", "-shm", "-journal", ""}) {
    (void)::unlink((path + suffix).c_str());
  }
}

// An empty file gets the table; any other has to be of this version and sound.
absl::Status prepare(Sqlite& database) {
  const auto objects = database.number("SELECT count(*) FROM sqlite_schema");
  if (!objects.ok()) return objects.status();
  if (*objects == 0) {
    return database.run(
        fmt::format("{} BEGIN; {} PRAGMA user_version = {}; PRAGMA application_id = {}; COMMIT",
                    kSettings, kSchema, kVersion, kApplicationId));
  }
  const auto application = database.number("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const auto version = database.number("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*application != kApplicationId || *version != kVersion) {
    return error(absl::StatusCode::kDataLoss, "{}: not a history of this version of waymark",
                 database.path());
  }
  const auto verdict = database.text("PRAGMA quick_check(1)");
  if (!verdict.ok()) return verdict.status();
  if (*verdict != "ok") {
    return error(absl::StatusCode::kDataLoss, "{}: {}", database.path(), *verdict);
  }
  return database.run(kSettings);
}

}  // namespace

HistoryFile::HistoryFile(const std::string& directory, Notice notice)
    : path_(directory + "/history.db"), notice_(std::move(notice)) {}

absl::Status HistoryFile::open() {
  if (absl::Status status = create(path_); !status.ok()) return status;
  auto database = Sqlite::open(path_);
  if (!database.ok()) return database.status();
  if (absl::Status status = prepare(**database); !status.ok()) return status;
  file_ = mark_of(path_).value_or(FileMark{});
  database_ = *std::move(database);
  return absl::OkStatus();
}

absl::Status HistoryFile::open_or_remake() {
  const auto file = mark_of(path_);
  if (database_ && file && file->same_file(file_)) return absl::OkStatus();
  database_.reset();
  absl::Status status = open();
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  tell(absl::DataLossError(fmt::format("{}; a new one is begun", message_of(status))));
  remove(path_);
  return open();
}

std::vector<stats::Minute> HistoryFile::read() {
  absl::Status status = open_or_remake();
  if (status.ok()) {
    auto minutes = read_rows();
    if (minutes.ok()) return *std::move(minutes);
    status = minutes.status();
  }
  tell(status);
  return {};
}

absl::StatusOr<std::vector<stats::Minute>> HistoryFile::read_rows() const {
  auto rows = database_->prepare("SELECT * FROM minutes ORDER BY at, upstream");
  if (!rows.ok()) return rows.status();
  std::vector<stats::Minute> minutes;
  while (true) {
    const auto row = rows->next();
    if (!row.ok()) return row.status();
    if (!*row) return minutes;
    stats::Minute& minute = minutes.emplace_back();
    minute.point.at = rows->number(0);
    minute.upstream = rows->text(1);
    int column = 2;
    for (const auto number : kNumbers) {
      minute.point.*number = static_cast<std::uint64_t>(rows->number(column++));
    }
  }
}

bool HistoryFile::write(std::span<const stats::Minute> minutes, std::int64_t now) {
  absl::Status status = open_or_remake();
  if (status.ok()) status = write_rows(minutes, now);
  if (status.ok()) {
    last_problem_.clear();
    return true;
  }
  tell(status);
  database_.reset();  // whatever state it is in
  return false;
}

absl::Status HistoryFile::write_rows(std::span<const stats::Minute> minutes, std::int64_t now) {
  if (absl::Status status = database_->run("BEGIN IMMEDIATE"); !status.ok()) return status;
  for (const auto& [upstream, point] : minutes) {
    auto row = database_->prepare(kInsert);
    if (!row.ok()) return row.status();
    row->bind(point.at).bind(upstream);
    for (const auto number : kNumbers) row->bind(static_cast<std::int64_t>(point.*number));
    if (absl::Status status = row->run(); !status.ok()) return status;
  }
  auto old = database_->prepare("DELETE FROM minutes WHERE at <= ? OR at > ?");
  if (!old.ok()) return old.status();
  if (absl::Status status = old->bind(now - kDay).bind(now + kDay).run(); !status.ok())
    return status;
  return database_->run("COMMIT");
}

void HistoryFile::tell(const absl::Status& problem) {
  const std::string what(message_of(problem));
  if (std::exchange(last_problem_, what) != what && notice_) notice_("history: " + what);
}

}  // namespace waymark::store
