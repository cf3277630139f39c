#include "app/http_listeners.h"

#include <utility>

#include "base/status.h"

namespace waymark::app {
namespace {

admin::Role role_of(TokenRole role) {
  switch (role) {
    case TokenRole::read:
      return admin::Role::kRead;
    case TokenRole::operate:
      return admin::Role::kOperate;
    case TokenRole::admin:
      return admin::Role::kAdmin;
  }
  return admin::Role::kRead;
}

absl::StatusOr<admin::Token> own_token(const Config& config, std::string_view name,
                                       admin::Role role) {
  auto secret = admin::ensure_token_file(fmt::format("{}/{}.token", config.state_dir, name));
  if (!secret.ok()) return secret.status();
  return admin::Token::make(std::string(name), role, *secret);
}

absl::StatusOr<std::vector<admin::Token>> admin_tokens(const Config& config) {
  std::vector<admin::Token> tokens;
  if (!config.admin.auth) return tokens;
  auto own = own_token(config, "admin", admin::Role::kAdmin);
  if (!own.ok()) return own.status();
  tokens.push_back(*std::move(own));
  for (const TokenSettings& settings : config.admin.tokens) {
    auto secret = admin::read_token_file(settings.file);
    if (!secret.ok()) return secret.status();
    auto token = admin::Token::make(settings.name, role_of(settings.role), *secret);
    if (!token.ok()) return token.status();
    tokens.push_back(*std::move(token));
  }
  return tokens;
}

admin::Audit audit_to(Log& log) {
  return [&log](const admin::AuditRecord& record) {
    log.write(LogLevel::info, "audit",
              {{"actor", record.actor},
               {"peer", record.peer},
               {"method", record.method},
               {"path", record.path},
               {"status", static_cast<std::uint64_t>(record.status)},
               {"summary", record.summary}});
  };
}

}  // namespace

absl::StatusOr<HttpListeners> open_http_listeners(const Config& config, const HttpTls& tls,
                                                  admin::TelemetrySource& telemetry,
                                                  admin::RequestCounts& requests,
                                                  admin::AdminApi& calls, admin::EventRing& events,
                                                  Log& log) {
  HttpListeners all;
  auto probes = admin::TelemetryServer::start(
      {.host = config.telemetry.host, .port = config.telemetry.port, .counts = &requests},
      telemetry);
  if (!probes.ok()) return probes.status();
  all.telemetry = *std::move(probes);

  auto tokens = admin_tokens(config);
  if (!tokens.ok()) return tokens.status();
  auto api =
      admin::AdminServer::start({.host = config.admin.bind.host,
                                 .port = config.admin.bind.port,
                                 .allowed_hosts = config.admin.allowed_hosts,
                                 .tokens = *std::move(tokens),
                                 .auth_off = !config.admin.auth,
                                 .lab = config.admin.lab ? config.admin.lab->to_string() : "",
                                 .counts = &requests,
                                 .http = {.name = "admin", .tls = tls.admin()}},
                                calls, events, audit_to(log));
  if (!api.ok()) return api.status();
  all.admin = *std::move(api);
  if (!config.registry.bind) return all;

  auto token = own_token(config, "registry", admin::Role::kRegistry);
  if (!token.ok()) return token.status();
  auto registry =
      admin::RegistryServer::start({.host = config.registry.bind->host,
                                    .port = config.registry.bind->port,
                                    .tokens = {*std::move(token)},
                                    .counts = &requests,
                                    .http = {.name = "registry", .tls = tls.registry()}},
                                   calls, audit_to(log));
  if (!registry.ok()) return registry.status();
  all.registry = *std::move(registry);
  return all;
}

}  // namespace waymark::app
