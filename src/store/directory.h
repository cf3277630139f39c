// The directory of the state: there, and locked against other processes.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/file_mark.h"

namespace waymark::store {

// The lock is a flock() on the file `lock` in it, which holds the process id for people and stays
// when the lock is released: removing it would let two processes lock two files.
class Directory {
 public:
  // Makes what is missing of `path`; the last part with mode 0700.
  // FailedPrecondition if another process, or another Directory of this one, holds the lock.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Directory>> open(std::string path);
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory();

  [[nodiscard]] const std::string& path() const { return path_; }
  // Whether the lock is still the file that others would lock.
  [[nodiscard]] bool intact() const;
  // Makes the directory and locks it again if somebody has removed either.
  [[nodiscard]] absl::Status renew();
  // Makes the renaming of files in it durable.
  [[nodiscard]] absl::Status sync() const;

 private:
  explicit Directory(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] std::string lock_path() const { return path_ + "/lock"; }
  [[nodiscard]] absl::Status lock();

  const std::string path_;
  int lock_fd_ = -1;
  FileMark locked_;
};

}  // namespace waymark::store
