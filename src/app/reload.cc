#include "app/reload.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/status.h"

namespace waymark::app {
namespace {

// Paths that may change while running: those of upstreams and of how they are judged, and the log's
// level. The rest is built into sockets, links and workers.
bool may_change(std::string_view path) {
  if (path == "log.level") return true;
  if (!path.starts_with("pools[")) return false;
  const std::size_t end = path.find(']');
  if (end == std::string_view::npos) return false;
  const std::string_view field = path.substr(end + 1);
  return field.starts_with(".upstreams[") || field.starts_with(".health.");
}

}  // namespace

std::vector<ConfigChange> changes_between(const FlatConfig& before, const FlatConfig& after) {
  std::unordered_map<std::string_view, std::string_view> later(after.begin(), after.end());
  std::vector<ConfigChange> changes;
  for (const auto& [path, value] : before) {
    const auto at = later.find(path);
    const std::string_view now = at == later.end() ? std::string_view() : at->second;
    if (at == later.end() || now != value) changes.push_back({path, value, std::string(now)});
    if (at != later.end()) later.erase(at);
  }
  for (const auto& [path, value] : after) {
    if (later.contains(path)) changes.push_back({path, "", value});
  }
  return changes;
}

Reload::Reload(std::string path, const Config& running, ControlPlane& plane, Log& log)
    : path_(std::move(path)),
      plane_(plane),
      log_(log),
      running_(running.flat),
      yaml_(running.yaml) {}

absl::StatusOr<Config> Reload::read() const {
  ConfigResult result = load_config(path_);
  if (result.ok()) return std::move(result).config();
  std::string all = to_string(result.errors());
  if (all.ends_with('\n')) all.pop_back();
  return error(absl::StatusCode::kFailedPrecondition, "{}", all);
}

absl::StatusOr<std::vector<ConfigChange>> Reload::reload() {
  std::lock_guard lock(mutex_);
  auto config = read();
  if (!config.ok()) return config.status();
  std::vector<ConfigChange> changes = changes_between(running_, config->flat);
  std::string fixed;
  for (const ConfigChange& change : changes) {
    if (!may_change(change.path)) fixed += (fixed.empty() ? "" : ", ") + change.path;
  }
  if (!fixed.empty()) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "only a restart can change these, so nothing was changed: {}", fixed);
  }
  if (absl::Status taken = plane_.take_upstreams_of(*config); !taken.ok()) return taken;
  log_.set_level(config->log.level);
  running_ = config->flat;
  yaml_ = config->yaml;
  log_.write(LogLevel::info, "config_reloaded",
             {{"file", path_}, {"changes", static_cast<std::uint64_t>(changes.size())}});
  return changes;
}

absl::StatusOr<std::vector<ConfigChange>> Reload::differences() {
  std::lock_guard lock(mutex_);
  auto config = read();
  if (!config.ok()) return config.status();
  return changes_between(running_, config->flat);
}

absl::Status Reload::set(const std::string& path, const std::string& value) {
  if (path != "log.level") {
    return error(absl::StatusCode::kInvalidArgument,
                 "set: {} cannot be set while running, allowed: log.level; upstreams have calls of "
                 "their own, the rest is changed in the file",
                 path);
  }
  const auto level = log_level_of(value);
  if (!level) {
    return error(absl::StatusCode::kInvalidArgument,
                 "set: log.level: '{}' is unknown, allowed: debug, info, warn, error", value);
  }
  std::lock_guard lock(mutex_);
  log_.set_level(*level);
  for (auto& [known, text] : running_) {
    if (known == path) text = value;
  }
  return absl::OkStatus();
}

std::string Reload::running_yaml() {
  std::lock_guard lock(mutex_);
  return yaml_;
}

}  // namespace waymark::app
