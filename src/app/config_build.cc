#include "app/config_build.h"

#include <optional>
#include <utility>

#include "app/config_endpoint.h"
#include "app/config_framing.h"
#include "app/config_identity.h"
#include "app/config_tls.h"
#include "app/secret.h"

namespace waymark::app {
namespace {

using proxy::Millis;

Endpoint endpoint_of(const std::string& bind) {
  absl::StatusOr<Endpoint> endpoint = parse_bind(bind);
  return endpoint.ok() ? *std::move(endpoint) : Endpoint{};
}

std::size_t size_of(std::int64_t value) { return static_cast<std::size_t>(value); }

template <typename Texts>
std::vector<net::Cidr> blocks_of(const Texts& texts) {
  std::vector<net::Cidr> blocks;
  for (const std::string& text : texts) {
    if (auto block = net::Cidr::parse(text); block.ok()) blocks.push_back(*block);
  }
  return blocks;
}

proxy::ProxyProtocolSettings proxy_protocol_of(const schema::ProxyProtocol& in) {
  return {.trusted = blocks_of(in.trusted_cidrs()), .header_timeout = Millis(in.header_timeout())};
}

proxy::AdmissionSettings admission_of(const schema::ListenerLimits& in) {
  return {.max_connections_per_source = size_of(in.max_connections_per_source()),
          .max_connections_per_prefix = size_of(in.max_connections_per_prefix()),
          .source_prefix_v4 = static_cast<int>(in.source_prefix_v4()),
          .source_prefix_v6 = static_cast<int>(in.source_prefix_v6()),
          .max_new_per_source = size_of(in.max_new_per_source()),
          .exempt = blocks_of(in.exempt_cidrs()),
          .max_new_per_second = size_of(in.max_new_per_second()),
          .new_burst = size_of(in.new_burst())};
}

std::vector<std::string> lower(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::vector<std::string> out(names.begin(), names.end());
  for (std::string& name : out) {
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
  }
  return out;
}

std::vector<proxy::PoolRoute> routes_of(const schema::Listener& in) {
  std::vector<proxy::PoolRoute> out;
  for (const schema::Route& route : in.routes()) {
    out.push_back({.pool = route.pool(),
                   .sni = lower(route.sni()),
                   .authority = lower(route.authority()),
                   .sources = blocks_of(route.source_cidrs()),
                   .starts_with = {route.starts_with().begin(), route.starts_with().end()}});
  }
  return out;
}

proxy::ListenerSettings listener_of(const schema::Listener& in, const Mark& space) {
  Endpoint bind = endpoint_of(in.bind());
  return {.name = in.name(),
          .host = std::move(bind.host),
          .port = bind.port,
          .pool = in.pool(),
          .framing = framing_of(in.framing()),
          .proxy_protocol = in.has_proxy_protocol()
                                ? std::optional(proxy_protocol_of(in.proxy_protocol()))
                                : std::nullopt,
          .routes = routes_of(in),
          .identity = identity_of(in, space),
          .tls = in.has_tls() ? std::optional(tls_of(in.tls())) : std::nullopt,
          .admission = admission_of(in.limits()),
          .max_bytes_per_second = size_of(in.limits().max_bytes_per_second()),
          .max_frames_per_second = size_of(in.limits().max_frames_per_second()),
          .backlog = static_cast<int>(in.backlog()),
          .frame_timeout = Millis(in.frame_timeout()),
          .idle_timeout = Millis(in.idle_timeout()),
          .half_close_timeout = Millis(in.half_close_timeout()),
          .linger_timeout = Millis(in.linger_timeout()),
          .tcp_user_timeout = Millis(in.tcp_user_timeout()),
          .keepalive = {.idle = std::chrono::seconds(in.keepalive().idle()),
                        .interval = std::chrono::seconds(in.keepalive().interval()),
                        .count = static_cast<int>(in.keepalive().count())},
          .max_age = Millis(in.limits().max_age()),
          .max_age_jitter = static_cast<std::uint64_t>(in.limits().max_age_jitter()),
          .goodbye = in.goodbye(),
          .send_buffer = size_of(in.send_buffer()),
          .up_window = size_of(in.up_window()),
          .down_soft = size_of(in.down().soft()),
          .down_soft_timeout = Millis(in.down().soft_timeout()),
          .down_hard = size_of(in.down().hard())};
}

proxy::Protocol protocol_of(schema::Protocol protocol) {
  switch (protocol) {
    case schema::PROTOCOL_LINK:
      return proxy::Protocol::link;
    case schema::PROTOCOL_LEGACY:
      return proxy::Protocol::legacy;
    default:
      return proxy::Protocol::automatic;
  }
}

std::vector<std::pair<std::string, std::string>> metadata_of(const schema::Upstream& in) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : in.metadata()) {
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) {
      pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

proxy::UpstreamSettings upstream_of(const schema::Upstream& in) {
  const absl::StatusOr<Endpoint> endpoint = parse_host_port(in.address());
  return {.address = endpoint.ok() ? endpoint->to_string() : "",
          .protocol = protocol_of(in.protocol()),
          .insecure = in.insecure(),
          .weight = static_cast<std::uint32_t>(in.weight()),
          .metadata = metadata_of(in),
          .refresh = Millis(in.refresh())};
}

route::Balance balance_of(schema::Balance balance) {
  switch (balance) {
    case schema::BALANCE_LEAST_CONNECTIONS:
      return route::Balance::least_connections;
    case schema::BALANCE_MARK_HASH:
      return route::Balance::mark_hash;
    default:
      return route::Balance::round_robin;
  }
}

proxy::Reach reach_of(schema::Reach reach) {
  switch (reach) {
    case schema::REACH_OWN:
      return proxy::Reach::own;
    case schema::REACH_ANY:
      return proxy::Reach::any;
    default:
      return proxy::Reach::pool;
  }
}

proxy::Dispatch dispatch_of(schema::Dispatch dispatch) {
  switch (dispatch) {
    case schema::DISPATCH_FRAME:
      return proxy::Dispatch::frame;
    case schema::DISPATCH_FRAME_ORDERED:
      return proxy::Dispatch::frame_ordered;
    case schema::DISPATCH_ALL:
      return proxy::Dispatch::all;
    default:
      return proxy::Dispatch::connection;
  }
}

proxy::PoolSettings pool_of(const schema::Pool& in) {
  proxy::PoolSettings out;
  out.name = in.name();
  for (const schema::Upstream& upstream : in.upstreams()) {
    out.upstreams.push_back(upstream_of(upstream));
  }
  out.dispatch = dispatch_of(in.dispatch());
  out.max_in_flight = size_of(in.max_in_flight());
  out.reply_timeout = Millis(in.reply_timeout());
  out.timeout_reply = in.timeout_reply();
  out.pair_replies = in.pair_replies();
  out.max_attempts = static_cast<std::uint32_t>(in.max_attempts());
  out.on_doubt =
      in.on_doubt() == schema::ON_DOUBT_DROP ? proxy::OnDoubt::drop : proxy::OnDoubt::resend;
  out.balance = balance_of(in.balance());
  out.no_upstream_reply = in.no_upstream_reply();
  out.reach = reach_of(in.reach());
  out.no_upstream_timeout = Millis(in.no_upstream_timeout());
  out.active_within = Millis(in.active_within());
  out.window_bytes = size_of(in.window_bytes());
  out.window_events = size_of(in.window_events());
  out.connect_timeout = Millis(in.connect_timeout());
  out.welcome_timeout = Millis(in.welcome_timeout());
  out.progress_timeout = Millis(in.progress_timeout());
  out.ping_interval = Millis(in.ping_interval());
  out.leave_timeout = Millis(in.leave_timeout());
  if (in.has_tls()) out.tls = tls_of(in.tls());
  return out;
}

control::HealthSettings health_of(const schema::Health& in) {
  control::HealthSettings out;
  switch (in.check()) {
    case schema::HEALTH_CHECK_GRPC:
      out.check = control::HealthSettings::Check::grpc;
      break;
    case schema::HEALTH_CHECK_LINK:
      out.check = control::HealthSettings::Check::link;
      break;
    default:
      out.check = control::HealthSettings::Check::automatic;
      break;
  }
  out.interval = Millis(in.interval());
  out.timeout = Millis(in.timeout());
  out.rise = static_cast<int>(in.rise());
  out.fall = static_cast<int>(in.fall());
  out.max_failures = static_cast<int>(in.max_failures());
  out.dead_interval = Millis(in.dead_interval());
  out.slow_start = Millis(in.slow_start());
  out.eject_after = static_cast<int>(in.eject_after());
  out.eject_window = Millis(in.eject_window());
  out.eject_base = Millis(in.eject_time());
  return out;
}

AdminSettings admin_of(const schema::Admin& in) {
  AdminSettings out;
  out.bind = endpoint_of(in.bind());
  out.auth = in.auth() != schema::AUTH_OFF;
  for (const schema::Token& token : in.tokens()) {
    TokenRole role = TokenRole::read;
    if (token.role() == schema::TOKEN_ROLE_OPERATE) role = TokenRole::operate;
    if (token.role() == schema::TOKEN_ROLE_ADMIN) role = TokenRole::admin;
    out.tokens.push_back({token.name(), role, token.file()});
  }
  out.allowed_hosts = {in.allowed_hosts().begin(), in.allowed_hosts().end()};
  if (in.has_tls()) out.tls = tls_of(in.tls());
  if (!in.lab().empty()) out.lab = endpoint_of(in.lab());
  return out;
}

RegistrySettings registry_of(const schema::Registry& in) {
  RegistrySettings out;
  if (!in.bind().empty()) out.bind = endpoint_of(in.bind());
  out.insecure = in.insecure();
  if (in.has_tls()) out.tls = tls_of(in.tls());
  return out;
}

proxy::Settings settings_of(const schema::Config& in, const Machine& machine) {
  proxy::Settings out;
  out.workers = static_cast<int>(in.workers());
  out.proxy_id = in.proxy_id().empty() ? machine.host_name : in.proxy_id();
  const Mark space = Mark::parse(in.namespace_()).value_or(Mark());
  for (const schema::Listener& listener : in.listeners()) {
    out.listeners.push_back(listener_of(listener, space));
  }
  for (const schema::Pool& pool : in.pools()) out.pools.push_back(pool_of(pool));
  out.drain = {.delay = Millis(in.drain().delay()),
               .spread = Millis(in.drain().spread()),
               .timeout = Millis(in.drain().timeout()),
               .quiet = Millis(in.drain().quiet())};
  out.limits = {.max_connections = size_of(in.limits().max_connections()),
                .max_memory = in.limits().max_memory() == 0
                                  ? static_cast<std::size_t>(machine.memory_bytes / 2)
                                  : size_of(in.limits().max_memory()),
                .accepts_per_turn = static_cast<int>(in.limits().accepts_per_turn()),
                .max_upstreams = size_of(in.limits().max_upstreams()),
                .max_names = size_of(in.limits().max_names()),
                .max_groups = size_of(in.limits().max_groups()),
                .max_names_per_connection = size_of(in.limits().max_names_per_connection()),
                .max_groups_per_connection = size_of(in.limits().max_groups_per_connection()),
                .max_name_bytes = size_of(in.limits().max_name_bytes()),
                .max_remembered_marks = size_of(in.limits().max_remembered_marks()),
                .max_tls_handshakes = size_of(in.limits().max_tls_handshakes())};
  return out;
}

// systemd may name several directories, separated by colons; the first is ours.
std::string state_dir_of(const std::string& state, const Machine& machine) {
  if (state != machine.variable("STATE_DIRECTORY")) return state;
  return state.substr(0, state.find(':'));
}

LogSettings log_of(const schema::Log& in) {
  LogSettings out;
  switch (in.level()) {
    case schema::LEVEL_DEBUG:
      out.level = LogLevel::debug;
      break;
    case schema::LEVEL_WARN:
      out.level = LogLevel::warn;
      break;
    case schema::LEVEL_ERROR:
      out.level = LogLevel::error;
      break;
    default:
      out.level = LogLevel::info;
      break;
  }
  switch (in.format()) {
    case schema::FORMAT_TEXT:
      out.format = LogFormat::text;
      break;
    case schema::FORMAT_JSON:
      out.format = LogFormat::json;
      break;
    default:
      out.format = LogFormat::automatic;
      break;
  }
  return out;
}

schema::Config without_secrets(schema::Config config) {
  for (schema::Pool& pool : *config.mutable_pools()) {
    for (schema::Upstream& upstream : *pool.mutable_upstreams()) {
      for (std::string& text : *upstream.mutable_metadata()) {
        const std::size_t equals = std::min(text.find('='), text.size());
        const std::string key = text.substr(0, equals);
        if (is_secret(key)) text = key + "=" + shown_value(key, text.substr(equals));
      }
    }
  }
  return config;
}

}  // namespace

Config build_config(const schema::Config& in, const Machine& machine) {
  const schema::Config shown = without_secrets(in);
  std::vector<PoolPolicy> policies;
  for (const schema::Pool& pool : in.pools()) {
    policies.push_back({health_of(pool.health()), pool.health().service()});
  }
  return {.proxy = settings_of(in, machine),
          .policies = std::move(policies),
          .telemetry = endpoint_of(in.telemetry().bind()),
          .admin = admin_of(in.admin()),
          .registry = registry_of(in.registry()),
          .readyz_requires_upstreams = in.readyz().require_upstreams(),
          .state_dir = state_dir_of(in.state(), machine),
          .dead_letters = {.max_count = size_of(in.dead_letters().max_count()),
                           .max_bytes = size_of(in.dead_letters().max_bytes())},
          .log = log_of(in.log()),
          .yaml = write_yaml(in),
          .shown_yaml = write_yaml(shown),
          .flat = flatten(shown)};
}

}  // namespace waymark::app
