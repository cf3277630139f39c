#include "app/config.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "app/config_build.h"
#include "app/config_check.h"
#include "app/config_identity.h"
#include "app/config_reader.h"
#include "app/config_schema.h"
#include "app/yaml_tree.h"
#include "base/file.h"
#include "base/status.h"

namespace waymark::app {
namespace {

constexpr std::array kSearched = {"./waymark.yaml", "/etc/waymark/waymark.yaml"};

std::vector<ConfigError> one_error(std::string_view file, Place place, std::string message) {
  return {{std::string(file), place.line, place.column, "", std::move(message)}};
}

// It may be a pipe, which is waited for.
absl::StatusOr<std::string> read_config(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return errno_error(errno, "cannot be opened");
  absl::StatusOr<std::string> text = read_all(descriptor, "cannot be read", kMaxConfigBytes);
  close(descriptor);
  return text;
}

}  // namespace

ConfigResult parse_config(std::string_view text, std::string_view file, const Machine& machine) {
  if (text.size() > kMaxConfigBytes) {
    return one_error(file, {}, fmt::format("larger than {} bytes", kMaxConfigBytes));
  }
  std::variant<YamlNode, YamlError> yaml = parse_yaml(text);
  if (const auto* bad = std::get_if<YamlError>(&yaml)) {
    return one_error(file, bad->place, bad->message);
  }

  Places places;
  ErrorReport report;
  schema::Config message;
  ConfigReader(machine, places, report).read(std::get<YamlNode>(yaml), message);
  Config config = build_config(message, machine);
  check_config(config, places, report);
  check_identity(message, places, report);
  if (!report.empty()) return std::move(report).take(file);
  return config;
}

ConfigResult with_values(const Config& running, const FlatConfig& values, const Machine& machine) {
  const auto yaml = parse_yaml(running.yaml);
  Places places;
  ErrorReport report;
  schema::Config message;
  ConfigReader(machine, places, report).read(std::get<YamlNode>(yaml), message);
  FlatConfig left = values;
  const std::string text = write_yaml(message, &left);
  std::vector<ConfigError> errors;
  for (const auto& [path, value] : left) {
    errors.push_back({.file = "", .path = path, .message = "there is no such setting"});
  }
  if (!errors.empty()) return errors;
  return parse_config(text, "", machine);
}

ConfigResult load_config(const std::string& path, const Machine& machine) {
  const absl::StatusOr<std::string> text = read_config(path);
  if (!text.ok()) return one_error(path, {}, std::string(message_of(text.status())));
  return parse_config(*text, path, machine);
}

absl::StatusOr<std::string> find_config_path(const std::optional<std::string>& flag,
                                             const Machine& machine) {
  if (flag) return *flag;
  if (std::optional<std::string> named = machine.variable("WAYMARK_CONFIG");
      named && !named->empty()) {
    return *std::move(named);
  }
  for (const char* path : kSearched) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return path;
  }
  return error(
      absl::StatusCode::kNotFound,
      "no configuration: -c FILE was not given, $WAYMARK_CONFIG is not set, and neither {} "
      "nor {} exists",
      kSearched[0], kSearched[1]);
}

}  // namespace waymark::app
