// The directory of a running lab: how its commands find it, and what it leaves nobody.
//
//   waymark-lab.lock     locked while the lab is there
//   api, token           where its API is, and the secret that opens it
//   conf/ logs/ state/   of its processes; NAME.sock: control of an upstream
//
// A process of its own, the janitor, waits until the lab has ended, however that came. It moves the
// directory aside, so that another lab may have the name, and removes it there. It shares the lock,
// which is free when nothing is left. A directory that is not the one of the lock is left alone.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "lab/lab_lock.h"

namespace waymark::lab {

// $XDG_RUNTIME_DIR/waymark-lab, or /tmp/waymark-lab-UID.
[[nodiscard]] std::string default_run_dir();

// Whether a lab, or its janitor, has the directory.
[[nodiscard]] bool is_in_use(const std::string& path);

class RunDir {
 public:
  // Makes the directory for this user alone, and the janitor; call it before there is a second
  // thread. FailedPrecondition if a lab runs there already, or if it is somebody else's.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RunDir>> make(const std::string& path);
  RunDir(const RunDir&) = delete;
  RunDir& operator=(const RunDir&) = delete;
  // Returns when the directory is gone.
  ~RunDir();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string in(std::string_view name) const;
  // Makes a file for this user alone.
  [[nodiscard]] absl::Status write(std::string_view name, std::string_view text) const;
  // Makes a directory for this user alone, and those above it.
  [[nodiscard]] absl::Status make_folder(std::string_view name) const;

 private:
  RunDir(std::string path, LabLock lock, pid_t janitor, int life)
      : path_(std::move(path)), lock_(std::move(lock)), janitor_(janitor), life_(life) {}

  const std::string path_;
  const LabLock lock_;
  const pid_t janitor_;
  const int life_;  // write end of a pipe: its end is what the janitor waits for
};

}  // namespace waymark::lab
