// The open state.db: checked when opened, changed in transactions that reach the disk.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/file_mark.h"
#include "store/sqlite.h"
#include "store/stored.h"

namespace waymark::store {

// Nobody else can read or write the file meanwhile: SQLite holds its lock for as long, and the
// index of the log stays in this process.
class DatabaseFile {
 public:
  struct Opened {
    std::unique_ptr<DatabaseFile> file;
    StoredState state;
  };

  // Brings the file, which must exist, to the newest version.
  // DataLoss if it is damaged or another program's, FailedPrecondition if a newer program's.
  [[nodiscard]] static absl::StatusOr<Opened> open(const std::string& path);
  DatabaseFile(const DatabaseFile&) = delete;
  DatabaseFile& operator=(const DatabaseFile&) = delete;

  // All in one transaction; after an error none. ResourceExhausted if the disk is full.
  [[nodiscard]] absl::Status write(std::span<const Change> changes);

  // False if the files at the paths are others than those opened, have a length that was not
  // written here, or if it is not known what a failed write has left: write no more, build a new
  // file.
  [[nodiscard]] bool intact() const;

 private:
  explicit DatabaseFile(std::unique_ptr<Sqlite> database);
  [[nodiscard]] std::string log_path() const { return database_->path() + "-wal"; }
  void note_sizes();

  std::unique_ptr<Sqlite> database_;
  FileMark file_;
  FileMark log_;
  bool doubtful_ = false;
};

}  // namespace waymark::store
