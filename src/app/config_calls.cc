#include "app/config_calls.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/api_view.h"

namespace waymark::app {

absl::StatusOr<api::ConfigDocument> ConfigCalls::show() const {
  api::ConfigDocument document;
  document.set_yaml(running_.get()->shown_yaml);
  return document;
}

absl::StatusOr<api::ConfigDiff> ConfigCalls::diff() const {
  auto differences = reload_.differences();
  if (!differences.ok()) return differences.status();
  auto upstreams = plane_.upstreams();
  if (!upstreams.ok()) return upstreams.status();
  api::ConfigDiff diff;
  for (const Reload::Difference& difference : *differences) {
    api::ConfigDifference& one = *diff.add_differences();
    one.set_path(difference.change.path);
    one.set_running(difference.change.before);
    one.set_file(difference.change.after);
    one.set_persisted(difference.kept);
  }
  for (const UpstreamView& view : *upstreams) add_overrides(view, diff);
  return diff;
}

absl::StatusOr<api::ConfigDiff> ConfigCalls::change(const api::ConfigChange& change) {
  FlatConfig values(change.set().begin(), change.set().end());
  std::sort(values.begin(), values.end());
  if (absl::Status done = reload_.set(values, change.persist()); !done.ok()) return done;
  return diff();
}

absl::StatusOr<api::ReloadDone> ConfigCalls::reload() {
  auto changes = reload_.reload();
  if (!changes.ok()) return changes.status();
  api::ReloadDone done;
  for (const ConfigChange& change : *changes) {
    done.add_changed(fmt::format("{}: {} -> {}", change.path,
                                 change.before.empty() ? "nothing" : change.before,
                                 change.after.empty() ? "nothing" : change.after));
  }
  return done;
}

}  // namespace waymark::app
