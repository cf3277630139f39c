// history.db: the minutes of src/stats. Losing it loses charts and nothing else, so whatever is
// wrong with it is told and got over: a file that cannot be read is made anew, and what cannot be
// written is not there later.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stats/book.h"
#include "store/durable_state.h"
#include "store/file_mark.h"
#include "store/sqlite.h"

namespace waymark::store {

// Used by one thread at a time. Somebody holds the lock of the directory (store/directory.h).
class HistoryFile {
 public:
  // `directory` exists; `notice` is told of each new problem.
  HistoryFile(const std::string& directory, Notice notice);

  // By their time.
  [[nodiscard]] std::vector<stats::Minute> read();
  // Writes `minutes` in place of the same ones, and takes out those that are a day off `now`; a
  // clock may be wrong for a while. False: nothing was written.
  [[nodiscard]] bool write(std::span<const stats::Minute> minutes, std::int64_t now);

 private:
  [[nodiscard]] absl::Status open();
  [[nodiscard]] absl::Status open_or_remake();
  [[nodiscard]] absl::StatusOr<std::vector<stats::Minute>> read_rows() const;
  [[nodiscard]] absl::Status write_rows(std::span<const stats::Minute> minutes, std::int64_t now);
  void tell(const absl::Status& problem);

  const std::string path_;
  const Notice notice_;
  std::unique_ptr<Sqlite> database_;  // null while it cannot be opened
  FileMark file_;
  std::string last_problem_;
};

}  // namespace waymark::store
