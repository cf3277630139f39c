// Reads the configuration file again and takes over what may change while running: all of it, or,
// if anything in it may not, nothing.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/config.h"
#include "app/control_plane.h"
#include "app/event_feed.h"
#include "app/log.h"

namespace waymark::app {

struct ConfigChange {
  std::string path;
  std::string before;  // empty: was not there
  std::string after;   // empty: is not there any more
};

// What differs, by path, in the order of `before` and then of `after`.
[[nodiscard]] std::vector<ConfigChange> changes_between(const FlatConfig& before,
                                                        const FlatConfig& after);

// Thread-safe; one reload at a time.
class Reload {
 public:
  // All outlive it. `running` is what the process was started with.
  Reload(std::string path, const Config& running, ControlPlane& plane, Log& log, EventFeed& feed);

  // FailedPrecondition when the file is wrong, with everything that is, or when something changed
  // that only a restart can change, which is named; the running configuration stays. Unavailable
  // while ending. The log and the events are told either way.
  absl::StatusOr<std::vector<ConfigChange>> reload();

  // What the file says otherwise than the running process: `before` is running, `after` the file.
  [[nodiscard]] absl::StatusOr<std::vector<ConfigChange>> differences();
  [[nodiscard]] std::string running_yaml();

  // Takes these values, by path, until the next reload or restart; all or none. InvalidArgument for
  // a path that cannot be changed so, naming those that can, or a value it cannot have.
  [[nodiscard]] absl::Status set(const FlatConfig& values);

 private:
  [[nodiscard]] absl::StatusOr<Config> read() const;
  [[nodiscard]] absl::StatusOr<std::vector<ConfigChange>> take_file();

  const std::string path_;
  ControlPlane& plane_;
  Log& log_;
  EventFeed& feed_;
  std::mutex mutex_;
  FlatConfig running_;  // guarded by mutex_
  std::string yaml_;    // guarded by mutex_
};

}  // namespace waymark::app
