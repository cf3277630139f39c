// The configuration of a proxy: one YAML file, checked as a whole before anything starts.
//
// docs/configuration.md is for its users; proto/waymark/config/v1/config.proto is its schema.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "admin/tls_credentials.h"
#include "app/config_endpoint.h"
#include "app/config_error.h"
#include "app/config_machine.h"
#include "app/config_text.h"
#include "control/upstream_life.h"
#include "proxy/settings.h"

namespace waymark::app {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

// `automatic`: text on a terminal, JSON elsewhere.
enum class LogFormat : std::uint8_t { automatic, text, json };

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;
};

// What the control thread does for a pool; the workers need not know.
struct PoolPolicy {
  control::HealthSettings health;
  std::string health_service;
};

enum class TokenRole : std::uint8_t { read, operate, admin };

struct TokenSettings {
  std::string name;
  TokenRole role = TokenRole::read;
  std::string file;
};

struct AdminSettings {
  Endpoint bind{"127.0.0.1", 8000};
  bool auth = true;
  std::vector<TokenSettings> tokens;
  std::vector<std::string> allowed_hosts;
  std::optional<admin::TlsOptions> tls;  // none: plain HTTP
  std::optional<Endpoint> lab;           // none: this process is in no lab
};

struct RegistrySettings {
  std::optional<Endpoint> bind;  // none: off
  bool insecure = false;
  std::optional<admin::TlsOptions> tls;  // as above
};

// How many frames that were given up are kept.
struct DeadLetterSettings {
  std::size_t max_count = 10'000;
  std::size_t max_bytes = 64 * 1024 * 1024;  // of their payloads
};

struct Config {
  proxy::Settings proxy;
  std::vector<PoolPolicy> policies;  // of proxy.pools
  Endpoint telemetry{"127.0.0.1", 9464};
  AdminSettings admin;
  RegistrySettings registry;
  bool readyz_requires_upstreams = false;
  std::string state_dir = "/var/lib/waymark";
  DeadLetterSettings dead_letters;
  LogSettings log;

  std::string yaml;        // all of it, as the file would say it
  std::string shown_yaml;  // the same without secrets
  FlatConfig flat;         // likewise, to be compared
};

// Either a configuration or everything that is wrong with it.
class [[nodiscard]] ConfigResult {
 public:
  ConfigResult(Config config) : value_(std::move(config)) {}
  ConfigResult(std::vector<ConfigError> errors) : value_(std::move(errors)) {}

  [[nodiscard]] bool ok() const { return std::holds_alternative<Config>(value_); }

  // Only if ok().
  [[nodiscard]] const Config& config() const& { return std::get<Config>(value_); }
  [[nodiscard]] Config&& config() && { return std::get<Config>(std::move(value_)); }

  // Only if not ok(): at least one, in the order of the file.
  [[nodiscard]] const std::vector<ConfigError>& errors() const {
    return std::get<std::vector<ConfigError>>(value_);
  }

 private:
  std::variant<Config, std::vector<ConfigError>> value_;
};

inline constexpr std::size_t kMaxConfigBytes = 1024 * 1024;

// Reads `text`; `file` is its name in errors.
ConfigResult parse_config(std::string_view text, std::string_view file,
                          const Machine& machine = Machine::current());

// `running` with these values instead, by path as flatten() writes them. The errors are of the
// values: a path that is no setting of `running`, or a value it cannot have.
ConfigResult with_values(const Config& running, const FlatConfig& values,
                         const Machine& machine = Machine::current());

// Reads the file at `path`.
ConfigResult load_config(const std::string& path, const Machine& machine = Machine::current());

// The file to load: the one of the flag -c if given, else of $WAYMARK_CONFIG, else the first of
// ./waymark.yaml and /etc/waymark/waymark.yaml that exists. NotFound naming all of them if none.
[[nodiscard]] absl::StatusOr<std::string> find_config_path(
    const std::optional<std::string>& flag, const Machine& machine = Machine::current());

}  // namespace waymark::app
