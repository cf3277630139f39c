#include "store/database_file.h"

#include <utility>

#include "base/status.h"
#include "store/rows.h"
#include "store/schema.h"

namespace waymark::store {
namespace {

constexpr mode_t kMode = 0600;

// The log goes into the file after every transaction. It would else take the room that the file
// needs to grow, and a full disk could not be made good by erasing; and changes are rare.
constexpr const char* kSettings = R"(
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA cell_size_check = ON;
  PRAGMA wal_autocheckpoint = 1;
)";

absl::Status damaged(const Sqlite& database, std::string_view what) {
  return error(absl::StatusCode::kDataLoss, "{}: {}", database.path(), what);
}

// What SQLite finds wrong with the file as a whole.
absl::Status check(const Sqlite& database) {
  const auto application = database.number("PRAGMA application_id");
  if (!application.ok()) return application.status();
  if (*application != kApplicationId) return damaged(database, "no state of waymark");
  if (absl::Status status = check_version(database, migrations()); !status.ok()) return status;
  const auto verdict = database.text("PRAGMA integrity_check(1)");
  if (!verdict.ok()) return verdict.status();
  return *verdict == "ok" ? absl::OkStatus() : damaged(database, *verdict);
}

absl::StatusOr<StoredState> load(Sqlite& database) {
  if (absl::Status status = check(database); !status.ok()) return status;
  if (absl::Status status = database.run(kSettings); !status.ok()) return status;
  if (absl::Status status = migrate(database, migrations()); !status.ok()) return status;
  return read_state(database);
}

}  // namespace

DatabaseFile::DatabaseFile(std::unique_ptr<Sqlite> database) : database_(std::move(database)) {
  file_ = mark_of(database_->path()).value_or(FileMark{});
  log_ = mark_of(log_path()).value_or(FileMark{});
}

absl::StatusOr<DatabaseFile::Opened> DatabaseFile::open(const std::string& path) {
  // Metadata may hold secrets. The log takes its mode from the file.
  if (::chmod(path.c_str(), kMode) != 0) {
    return errno_error(errno, fmt::format("cannot change the mode of {}", path));
  }
  auto database = Sqlite::open(path);
  if (!database.ok()) return database.status();
  // Before anything else: a file that is refused stays as it is.
  (*database)->keep_log(true);
  absl::Status status = (*database)->run("PRAGMA locking_mode = EXCLUSIVE");
  if (!status.ok()) return status;
  auto state = load(**database);
  if (!state.ok()) return state.status();
  (*database)->keep_log(false);
  return Opened{std::unique_ptr<DatabaseFile>(new DatabaseFile(std::move(*database))),
                std::move(*state)};
}

absl::Status DatabaseFile::write(std::span<const Change> changes) {
  absl::Status status = database_->run("BEGIN IMMEDIATE");
  for (const Change& change : changes) {
    if (status.ok()) status = write_change(change, *database_);
  }
  if (status.ok()) status = database_->run("COMMIT");
  if (!status.ok()) {
    // With any other error the end of the transaction may be in the log, though not surely on disk.
    if (!database_->is_full()) doubtful_ = true;
    database_->roll_back();
  }
  note_sizes();
  return status;
}

void DatabaseFile::note_sizes() {
  const auto file = mark_of(database_->path());
  const auto log = mark_of(log_path());
  if (file && file->same_file(file_)) file_ = *file;
  if (log && log->same_file(log_)) log_ = *log;
}

bool DatabaseFile::intact() const {
  return !doubtful_ && mark_of(database_->path()) == file_ && mark_of(log_path()) == log_;
}

}  // namespace waymark::store
