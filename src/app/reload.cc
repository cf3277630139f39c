#include "app/reload.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/status.h"

namespace waymark::app {
namespace {

constexpr std::string_view kLogLevel = "log.level";

// Paths that may change while running: those of upstreams, and the log's level. The rest is built
// into sockets, links and workers.
bool may_change(std::string_view path) {
  if (path == kLogLevel) return true;
  if (!path.starts_with("pools[")) return false;
  const std::size_t end = path.find(']');
  if (end == std::string_view::npos) return false;
  const std::string_view field = path.substr(end + 1);
  return field.starts_with(".upstreams[");
}

// `yaml` as write_yaml() makes it, with another level under `log`.
std::string with_log_level(std::string yaml, const std::string& before, const std::string& after) {
  const std::string line = "log:\n  level: '";
  const std::size_t at = yaml.find(line + before);
  if (at != std::string::npos) yaml.replace(at + line.size(), before.size(), after);
  return yaml;
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

Reload::Reload(std::string path, const Config& running, ControlPlane& plane, Log& log,
               EventFeed& feed)
    : path_(std::move(path)),
      plane_(plane),
      log_(log),
      feed_(feed),
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
  auto changes = take_file();
  if (!changes.ok()) {
    const std::string why(message_of(changes.status()));
    log_.write(LogLevel::error, "config_not_reloaded", {{"file", path_}, {"why", why}});
    feed_.warning(fmt::format("{} was not reloaded: {}", path_, why));
    return changes;
  }
  log_.write(LogLevel::info, "config_reloaded",
             {{"file", path_}, {"changes", static_cast<std::uint64_t>(changes->size())}});
  feed_.config_reloaded(changes->size());
  return changes;
}

absl::StatusOr<std::vector<ConfigChange>> Reload::take_file() {
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
  return changes;
}

absl::StatusOr<std::vector<ConfigChange>> Reload::differences() {
  std::lock_guard lock(mutex_);
  auto config = read();
  if (!config.ok()) return config.status();
  return changes_between(running_, config->flat);
}

absl::Status Reload::set(const FlatConfig& values) {
  std::optional<LogLevel> level;
  for (const auto& [path, value] : values) {
    if (path != kLogLevel) {
      return error(
          absl::StatusCode::kInvalidArgument,
          "set: {} cannot be set while running, allowed: {}; upstreams have calls of their "
          "own, the rest is changed in the file",
          path, kLogLevel);
    }
    level = log_level_of(value);
    if (!level) {
      return error(absl::StatusCode::kInvalidArgument,
                   "set: {}: '{}' is unknown, allowed: debug, info, warn, error", path, value);
    }
  }
  if (!level) return absl::OkStatus();
  std::lock_guard lock(mutex_);
  log_.set_level(*level);
  for (auto& [path, value] : running_) {
    if (path != kLogLevel) continue;
    const std::string before = std::exchange(value, std::string(name_of(*level)));
    yaml_ = with_log_level(yaml_, before, value);
  }
  return absl::OkStatus();
}

std::string Reload::running_yaml() {
  std::lock_guard lock(mutex_);
  return yaml_;
}

}  // namespace waymark::app
