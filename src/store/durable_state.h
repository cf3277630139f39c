// The state in memory and in state.db, which agree: what is on the disk is known without reading,
// so that the file can be made again when somebody deletes or damages it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/database_file.h"
#include "store/directory.h"
#include "store/stored.h"

namespace waymark::store {

// Told what an operator should know, as one line.
using Notice = std::function<void(const std::string& line)>;

// Used by one thread at a time.
//
//   intact ----- write fails with anything but a full disk,
//     ^          or the files are not those opened -----> lost
//     |                                                    |
//     `------- mend(): a new file, from memory ------------'
class DurableState {
 public:
  // See Store::open.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<DurableState>> open(
      const std::string& directory, bool recover, Notice notice);
  DurableState(const DurableState&) = delete;
  DurableState& operator=(const DurableState&) = delete;

  // What is on the disk.
  [[nodiscard]] const StoredState& state() const { return state_; }

  // All of `changes`, through to the disk, or none. Any failure is ResourceExhausted, names the
  // file and may be over the next time.
  [[nodiscard]] absl::Status write(std::span<const Change> changes);

  // Makes the file again if it was lost. OK if there is nothing to do.
  [[nodiscard]] absl::Status mend();

 private:
  DurableState(std::unique_ptr<Directory> directory, Notice notice)
      : directory_(std::move(directory)), notice_(std::move(notice)) {}
  [[nodiscard]] std::string path() const { return directory_->path() + "/state.db"; }
  [[nodiscard]] std::string new_path() const { return path() + ".new"; }
  [[nodiscard]] absl::Status load(bool recover);
  [[nodiscard]] absl::Status recover_file(const absl::Status& damage);
  // Puts a new file with `state` in place; what is there goes to `aside`.
  [[nodiscard]] absl::Status replace_file(const StoredState& state, const std::string& aside);
  [[nodiscard]] absl::Status open_file();

  std::unique_ptr<Directory> directory_;
  Notice notice_;
  std::unique_ptr<DatabaseFile> file_;  // null while it cannot be opened
  StoredState state_;
};

}  // namespace waymark::store
