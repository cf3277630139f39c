// Changes the configuration while running: from its file, read again, or by single settings. All of
// a change is taken over or nothing.
//
//   file --> settings that are kept over it --> checked as a whole --> ControlPlane::take
//   the HTTP listeners' certificates ------------------------------/--> HttpTls::show
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/control_plane.h"
#include "app/event_feed.h"
#include "app/http_tls.h"
#include "app/log.h"
#include "app/running_config.h"
#include "app/service_manager.h"
#include "app/settings_store.h"

namespace waymark::app {

struct ConfigChange {
  std::string path;
  std::string before;  // empty: was not there
  std::string after;   // empty: is not there any more
};

// What differs, by path, in the order of `before` and then of `after`.
[[nodiscard]] std::vector<ConfigChange> changes_between(const FlatConfig& before,
                                                        const FlatConfig& after);

// `config` with each of these settings that it can have; `passed_over` gets a line for the others.
[[nodiscard]] Config with_kept_settings(Config config, const FlatConfig& kept,
                                        std::vector<std::string>& passed_over);

// Thread-safe; one change at a time.
class Reload {
 public:
  // All outlive it.
  Reload(std::string path, const RunningConfig& running, SettingsStore& settings,
         ControlPlane& plane, HttpTls& http_tls, Log& log, EventFeed& feed,
         ServiceManager& manager);

  // FailedPrecondition when the file is wrong, with everything that is, or when something changed
  // that only a restart can change, which is named; the running configuration stays. Unavailable
  // while ending. The log, the events and the service manager are told either way.
  absl::StatusOr<std::vector<ConfigChange>> reload();

  struct Difference {
    ConfigChange change;  // `before` is running, `after` the file
    bool kept = false;    // over restarts
  };
  // What the running process has otherwise than the file says.
  [[nodiscard]] absl::StatusOr<std::vector<Difference>> differences();

  // Takes these values, by path, until the next reload or restart, or for good if they are to be
  // `kept`; one that is kept and equals the file's is no longer stored. All or none.
  // InvalidArgument for a path that cannot be changed so, or a value it cannot have.
  // ResourceExhausted if it cannot be written.
  [[nodiscard]] absl::Status set(const FlatConfig& values, bool keep);

 private:
  [[nodiscard]] absl::StatusOr<Config> read() const;
  [[nodiscard]] absl::StatusOr<std::vector<ConfigChange>> take_and_tell();
  [[nodiscard]] absl::StatusOr<std::vector<ConfigChange>> take_file();
  [[nodiscard]] absl::Status set_now(const FlatConfig& values, bool keep);
  [[nodiscard]] absl::Status keep_settings(const FlatConfig& values) const;

  const std::string path_;
  const RunningConfig& running_;
  SettingsStore& settings_;
  ControlPlane& plane_;
  HttpTls& http_tls_;
  Log& log_;
  EventFeed& feed_;
  ServiceManager& manager_;
  std::mutex mutex_;  // held during a change
};

}  // namespace waymark::app
