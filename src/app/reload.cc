#include "app/reload.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "base/field_error.h"
#include "base/status.h"

namespace waymark::app {
namespace {

// What sockets, threads and files are made from once, when the process starts.
constexpr std::array<std::string_view, 7> kFixed = {"workers",  "proxy_id", "telemetry", "admin",
                                                    "registry", "state",    "log.format"};

bool is_fixed(std::string_view path) {
  return std::any_of(kFixed.begin(), kFixed.end(), [path](std::string_view fixed) {
    return path.starts_with(fixed) &&
           (path.size() == fixed.size() || path[fixed.size()] == '.' || path[fixed.size()] == '[');
  });
}

// Whether a single setting may be set; names are what others are found by, and upstreams have calls
// of their own.
absl::Status may_be_set(const std::string& path, const std::string& value) {
  std::string_view why;
  if (is_fixed(path)) {
    why = "only a restart can change it";
  } else if (path.starts_with("pools[") && path.find("].upstreams[") != std::string::npos) {
    why = "upstreams have calls of their own, /v1/upstreams";
  } else if (path.ends_with("].name")) {
    why = "a name is changed in the file";
  } else if (value.find("${") != std::string::npos) {
    why = "variables belong into the file";
  }
  if (why.empty()) return absl::OkStatus();
  return field_error("set." + path, "{}", why);
}

std::string lines_of(const std::vector<ConfigError>& errors) {
  std::string all = to_string(errors);
  if (all.ends_with('\n')) all.pop_back();
  return all;
}

absl::Status refused(const std::vector<ConfigError>& errors) {
  std::string others;
  for (std::size_t i = 1; i < errors.size(); ++i) {
    others += fmt::format("; {}: {}", errors[i].path, errors[i].message);
  }
  return field_error("set." + errors.front().path, "{}{}", errors.front().message, others);
}

const std::string* value_of(const FlatConfig& config, const std::string& path) {
  const auto at = std::find_if(config.begin(), config.end(),
                               [&](const auto& setting) { return setting.first == path; });
  return at == config.end() ? nullptr : &at->second;
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

Config with_kept_settings(Config config, const FlatConfig& kept,
                          std::vector<std::string>& passed_over) {
  if (kept.empty()) return config;
  // Some are right only together: all at once, and one by one only if something is wrong.
  if (ConfigResult all = with_values(config, kept); all.ok()) return std::move(all).config();
  FlatConfig left = kept;
  for (std::size_t before = left.size() + 1; left.size() < before;) {
    before = left.size();
    std::erase_if(left, [&](const auto& setting) {
      ConfigResult with = with_values(config, {setting});
      if (with.ok()) config = std::move(with).config();
      return with.ok();
    });
  }
  for (const auto& [path, value] : left) {
    passed_over.push_back(
        fmt::format("{}: {}, which was set while running, cannot be", path, value));
  }
  return config;
}

Reload::Reload(std::string path, const RunningConfig& running, SettingsStore& settings,
               ControlPlane& plane, HttpTls& http_tls, Log& log, EventFeed& feed,
               ServiceManager& manager)
    : path_(std::move(path)),
      running_(running),
      settings_(settings),
      plane_(plane),
      http_tls_(http_tls),
      log_(log),
      feed_(feed),
      manager_(manager) {}

absl::StatusOr<Config> Reload::read() const {
  ConfigResult result = load_config(path_);
  if (result.ok()) return std::move(result).config();
  return error(absl::StatusCode::kFailedPrecondition, "{}", lines_of(result.errors()));
}

absl::StatusOr<std::vector<ConfigChange>> Reload::reload() {
  auto changes = take_and_tell();
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

absl::StatusOr<std::vector<ConfigChange>> Reload::take_and_tell() {
  std::lock_guard lock(mutex_);
  ServiceManager::Reloading told(manager_);
  auto changes = take_file();
  if (!changes.ok()) told.failed();
  return changes;
}

absl::StatusOr<std::vector<ConfigChange>> Reload::take_file() {
  auto file = read();
  if (!file.ok()) return file.status();
  std::vector<std::string> passed_over;
  Config config = with_kept_settings(*std::move(file), settings_.all(), passed_over);
  std::vector<ConfigChange> changes = changes_between(running_.get()->flat, config.flat);
  std::string fixed;
  for (const ConfigChange& change : changes) {
    if (is_fixed(change.path)) fixed += (fixed.empty() ? "" : ", ") + change.path;
  }
  if (!fixed.empty()) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "only a restart can change these, so nothing was changed: {}", fixed);
  }
  auto certificates = http_tls_.read();
  if (!certificates.ok()) {
    return error(absl::StatusCode::kFailedPrecondition, "{}", message_of(certificates.status()));
  }
  if (absl::Status taken = plane_.take(std::make_shared<const Config>(std::move(config)));
      !taken.ok())
    return taken;
  http_tls_.show(*certificates);
  for (const std::string& line : passed_over) {
    log_.write(LogLevel::warn, "setting_not_taken", {{"why", line}});
  }
  return changes;
}

absl::StatusOr<std::vector<Reload::Difference>> Reload::differences() {
  std::lock_guard lock(mutex_);
  auto file = read();
  if (!file.ok()) return file.status();
  const FlatConfig kept = settings_.all();
  std::vector<Difference> all;
  for (ConfigChange& change : changes_between(running_.get()->flat, file->flat)) {
    const bool is_kept = value_of(kept, change.path) != nullptr;
    all.push_back({std::move(change), is_kept});
  }
  return all;
}

absl::Status Reload::set(const FlatConfig& values, bool keep) {
  if (absl::Status done = set_now(values, keep); !done.ok()) return done;
  for (const auto& [path, value] : values) {
    log_.write(LogLevel::info, "config_set",
               {{"path", path}, {"value", value}, {"kept", keep ? "true" : "false"}});
  }
  feed_.config_reloaded(values.size());
  return absl::OkStatus();
}

absl::Status Reload::set_now(const FlatConfig& values, bool keep) {
  std::lock_guard lock(mutex_);
  for (const auto& [path, value] : values) {
    if (absl::Status may = may_be_set(path, value); !may.ok()) return may;
  }
  ConfigResult with = with_values(*running_.get(), values);
  if (!with.ok()) return refused(with.errors());
  const FlatConfig before = settings_.all();
  if (keep) {
    if (absl::Status kept = keep_settings(values); !kept.ok()) return kept;
  }
  absl::Status taken = plane_.take(std::make_shared<const Config>(std::move(with).config()));
  if (!taken.ok() && keep) {
    std::vector<std::string> erase;
    FlatConfig put;
    for (const auto& [path, value] : values) {
      if (const std::string* old = value_of(before, path)) {
        put.emplace_back(path, *old);
      } else {
        erase.push_back(path);
      }
    }
    (void)settings_.keep(put, erase);
  }
  return taken;
}

absl::Status Reload::keep_settings(const FlatConfig& values) const {
  const auto file = read();
  FlatConfig put;
  std::vector<std::string> erase;
  for (const auto& [path, value] : values) {
    const std::string* of_file = file.ok() ? value_of(file->flat, path) : nullptr;
    if (of_file != nullptr && *of_file == value) {
      erase.push_back(path);
    } else {
      put.emplace_back(path, value);
    }
  }
  return settings_.keep(put, erase);
}

}  // namespace waymark::app
