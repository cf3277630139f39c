#include "app/config.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/config_machine.h"
#include "base/status.h"
#include "config_fixture.h"
#include "support/repository.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

// A directory of its own, gone with the object.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "config_test.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string write(const std::string& name, std::string_view text) const {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file) << text;
    return file.string();
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("the configuration of the issue parses") {
  const ConfigResult result = parse(R"(
workers: auto
listeners:
  - name: devices
    bind: 0.0.0.0:7999
    pool: default
    framing: line
pools:
  - name: default
    upstreams: [ "127.0.0.1:7001", { address: "127.0.0.1:7002", protocol: legacy } ]
telemetry: { bind: "127.0.0.1:9465" }
admin: { bind: "[::1]:8001" }
state: /srv/waymark
)");
  REQUIRE(result.ok());
  const Config& config = result.config();
  CHECK(config.proxy.workers == 0);
  CHECK(config.proxy.proxy_id == "testhost");
  REQUIRE(config.proxy.listeners.size() == 1);
  CHECK(config.proxy.listeners[0].name == "devices");
  CHECK(config.proxy.listeners[0].host == "0.0.0.0");
  CHECK(config.proxy.listeners[0].port == 7999);
  CHECK(config.proxy.listeners[0].pool == "default");
  CHECK(config.proxy.listeners[0].framing.kind == frame::Kind::line);
  REQUIRE(config.proxy.pools.size() == 1);
  REQUIRE(config.proxy.pools[0].upstreams.size() == 2);
  CHECK(config.proxy.pools[0].upstreams[0] == proxy::UpstreamSettings{.address = "127.0.0.1:7001"});
  CHECK(config.proxy.pools[0].upstreams[1] ==
        proxy::UpstreamSettings{.address = "127.0.0.1:7002", .protocol = proxy::Protocol::legacy});
  CHECK(config.telemetry == Endpoint{"127.0.0.1", 9465});
  CHECK(config.admin.bind == Endpoint{"::1", 8001});
  CHECK(config.state_dir == "/srv/waymark");
}

TEST_CASE("every field reaches its setting") {
  const ConfigResult result = parse(R"(
workers: 3
proxy_id: edge-1
listeners:
  - name: a
    bind: 127.0.0.1:0
    pool: p
    framing: { line: { max_frame_bytes: 1KiB, egress: crlf } }
    backlog: 11
    frame_timeout: 12ms
    idle_timeout: 13s
    half_close_timeout: 14m
    linger_timeout: 15s
    tcp_user_timeout: 16s
    keepalive: { idle: 17s, interval: 18s, count: 19 }
    send_buffer: 20KiB
    up_window: 21KiB
    down: { soft: 22KiB, soft_timeout: 23s, hard: 24KiB }
    limits:
      max_connections_per_source: 71
      max_connections_per_prefix: 72
      source_prefix_v4: 16
      source_prefix_v6: 56
      exempt_cidrs: [ 192.0.2.0/24, "2001:db8::1" ]
      max_new_per_second: 73
      new_burst: 74
      max_new_per_source: 77
      max_bytes_per_second: 75KiB
      max_frames_per_second: 76
      max_age: 77s
      max_age_jitter: 28
    goodbye: 'bye\r\n'
pools:
  - name: p
    upstreams: [ { address: "Upstream.Internal:7001", protocol: link, insecure: true, weight: 7,
                   metadata: [ "tenant=b", "shard=2" ], refresh: 39s } ]
    balance: mark_hash
    no_upstream_reply: 'busy\r\n'
    dispatch: frame_ordered
    max_in_flight: 65
    reply_timeout: 66s
    timeout_reply: 'too late'
    pair_replies: true
    on_doubt: drop
    max_attempts: 62
    reach: any
    no_upstream_timeout: 31s
    active_within: 32s
    window_bytes: 33MiB
    window_events: 34
    connect_timeout: 35ms
    welcome_timeout: 36ms
    progress_timeout: 37s
    ping_interval: 38s
    leave_timeout: 51s
    health:
      check: grpc
      service: device.v1.Gateway
      interval: 52s
      timeout: 53ms
      rise: 54
      fall: 55
      max_failures: 56
      dead_interval: 57s
      slow_start: 58s
      eject_after: 59
      eject_window: 60s
      eject_time: 61s
drain: { delay: 41s, timeout: 142s, quiet: 4s, spread: 78s }
dead_letters: { max_count: 63, max_bytes: 64MiB }
limits:
  max_connections: 43
  max_memory: 44MiB
  accepts_per_turn: 45
  max_upstreams: 46
  max_names: 47
  max_groups: 48
  max_names_per_connection: 49
  max_groups_per_connection: 50
  max_name_bytes: 51
  max_tls_handshakes: 52
admin:
  bind: 127.0.0.1:0
  auth: off
  tokens: [ { name: ci, role: operate, file: /run/secrets/ci } ]
  allowed_hosts: [ ops.internal ]
  lab: 127.0.0.1:8300
registry: { bind: "0.0.0.0:8001", insecure: true }
readyz: { require_upstreams: true }
log: { level: warn, format: json }
)");
  REQUIRE(result.ok());
  const Config& config = result.config();
  CHECK(config.proxy.workers == 3);
  CHECK(config.proxy.proxy_id == "edge-1");

  const proxy::ListenerSettings& listener = config.proxy.listeners.at(0);
  CHECK(listener.port == 0);
  CHECK(listener.framing.max_frame_bytes == 1024);
  CHECK(listener.framing.ending == frame::Ending::crlf);
  CHECK(listener.backlog == 11);
  CHECK(listener.frame_timeout == 12ms);
  CHECK(listener.idle_timeout == 13s);
  CHECK(listener.half_close_timeout == 14min);
  CHECK(listener.linger_timeout == 15s);
  CHECK(listener.tcp_user_timeout == 16s);
  CHECK(listener.keepalive.idle == 17s);
  CHECK(listener.keepalive.interval == 18s);
  CHECK(listener.keepalive.count == 19);
  CHECK(listener.send_buffer == 20 * 1024);
  CHECK(listener.up_window == 21 * 1024);
  CHECK(listener.down_soft == 22 * 1024);
  CHECK(listener.down_soft_timeout == 23s);
  CHECK(listener.down_hard == 24 * 1024);
  CHECK(listener.admission.max_connections_per_source == 71);
  CHECK(listener.admission.max_connections_per_prefix == 72);
  CHECK(listener.admission.source_prefix_v4 == 16);
  CHECK(listener.admission.source_prefix_v6 == 56);
  CHECK(listener.admission.exempt == std::vector<net::Cidr>{*net::Cidr::parse("192.0.2.0/24"),
                                                            *net::Cidr::parse("2001:db8::1")});
  CHECK(listener.admission.max_new_per_second == 73);
  CHECK(listener.admission.new_burst == 74);
  CHECK(listener.admission.max_new_per_source == 77);
  CHECK(listener.max_bytes_per_second == 75 * 1024);
  CHECK(listener.max_frames_per_second == 76);
  CHECK(listener.max_age == 77s);
  CHECK(listener.max_age_jitter == 28);
  CHECK(listener.goodbye == "bye\r\n");

  const proxy::PoolSettings& pool = config.proxy.pools.at(0);
  CHECK(pool.upstreams.at(0) ==
        proxy::UpstreamSettings{.address = "upstream.internal:7001",
                                .protocol = proxy::Protocol::link,
                                .insecure = true,
                                .weight = 7,
                                .metadata = {{"shard", "2"}, {"tenant", "b"}},
                                .refresh = 39s});
  CHECK(pool.leave_timeout == 51s);
  const PoolPolicy& policy = config.policies.at(0);
  CHECK(policy.health_service == "device.v1.Gateway");
  CHECK(policy.health.check == control::HealthSettings::Check::grpc);
  CHECK(policy.health.interval == 52s);
  CHECK(policy.health.timeout == 53ms);
  CHECK(policy.health.rise == 54);
  CHECK(policy.health.fall == 55);
  CHECK(policy.health.max_failures == 56);
  CHECK(policy.health.dead_interval == 57s);
  CHECK(policy.health.slow_start == 58s);
  CHECK(policy.health.eject_after == 59);
  CHECK(policy.health.eject_window == 60s);
  CHECK(policy.health.eject_base == 61s);
  CHECK(config.admin.bind == Endpoint{"127.0.0.1", 0});
  CHECK_FALSE(config.admin.auth);
  REQUIRE(config.admin.tokens.size() == 1);
  CHECK(config.admin.tokens[0].name == "ci");
  CHECK(config.admin.tokens[0].role == TokenRole::operate);
  CHECK(config.admin.tokens[0].file == "/run/secrets/ci");
  CHECK(config.admin.allowed_hosts == std::vector<std::string>{"ops.internal"});
  CHECK(config.admin.lab == Endpoint{"127.0.0.1", 8300});
  CHECK(config.registry.bind == Endpoint{"0.0.0.0", 8001});
  CHECK(config.registry.insecure);
  CHECK(config.readyz_requires_upstreams);
  CHECK(config.proxy.limits.max_upstreams == 46);
  CHECK(config.proxy.limits.max_names == 47);
  CHECK(config.proxy.limits.max_groups == 48);
  CHECK(config.proxy.limits.max_names_per_connection == 49);
  CHECK(config.proxy.limits.max_groups_per_connection == 50);
  CHECK(config.proxy.limits.max_name_bytes == 51);
  CHECK(config.proxy.limits.max_tls_handshakes == 52);
  CHECK(pool.balance == route::Balance::mark_hash);
  CHECK(pool.no_upstream_reply == "busy\r\n");
  CHECK(pool.dispatch == proxy::Dispatch::frame_ordered);
  CHECK(pool.max_in_flight == 65);
  CHECK(pool.reply_timeout == 66s);
  CHECK(pool.timeout_reply == "too late");
  CHECK(pool.pair_replies);
  CHECK(pool.on_doubt == proxy::OnDoubt::drop);
  CHECK(pool.max_attempts == 62);
  CHECK(pool.reach == proxy::Reach::any);
  CHECK(pool.no_upstream_timeout == 31s);
  CHECK(pool.active_within == 32s);
  CHECK(pool.window_bytes == 33u << 20);
  CHECK(pool.window_events == 34);
  CHECK(pool.connect_timeout == 35ms);
  CHECK(pool.welcome_timeout == 36ms);
  CHECK(pool.progress_timeout == 37s);
  CHECK(pool.ping_interval == 38s);

  CHECK(config.proxy.drain.delay == 41s);
  CHECK(config.proxy.drain.timeout == 142s);
  CHECK(config.proxy.drain.spread == 78s);
  CHECK(config.proxy.drain.quiet == 4s);
  CHECK(config.proxy.limits.max_connections == 43);
  CHECK(config.proxy.limits.max_memory == 44u << 20);
  CHECK(config.proxy.limits.accepts_per_turn == 45);
  CHECK(config.dead_letters.max_count == 63);
  CHECK(config.dead_letters.max_bytes == 64u << 20);
  CHECK(config.log.level == LogLevel::warn);
  CHECK(config.log.format == LogFormat::json);
}

TEST_CASE("framings take their settings") {
  const auto framing = [](std::string_view text) {
    const ConfigResult result = parse(listener_with(text));
    INFO((result.ok() ? std::string() : to_string(result.errors())));
    REQUIRE(result.ok());
    return result.config().proxy.listeners.at(0).framing;
  };

  CHECK(framing("framing: { raw: { max_frame_bytes: 16MiB } }").max_frame_bytes == 16u << 20);

  const frame::Framing delimiter =
      framing(R"(framing: { delimiter: { delimiters: ['\r\n', ';', '\x03\0', '\\'] } })");
  CHECK(delimiter.kind == frame::Kind::delimiter);
  CHECK(delimiter.delimiters ==
        std::vector<std::string>{"\r\n", ";", std::string("\x03\0", 2), "\\"});

  const frame::Framing fixed = framing("framing: { fixed: { bytes: 188 } }");
  CHECK(fixed.kind == frame::Kind::fixed);
  CHECK(fixed.fixed_bytes == 188);

  const frame::Framing prefix = framing(
      "framing: { length_prefix: { size: varint, order: little, offset: 2, adjustment: -1, "
      "strip: false } }");
  CHECK(prefix.kind == frame::Kind::length_prefix);
  CHECK(prefix.length.field == frame::LengthField::varint);
  CHECK(prefix.length.order == frame::ByteOrder::little);
  CHECK(prefix.length.offset == 2);
  CHECK(prefix.length.adjustment == -1);
  CHECK_FALSE(prefix.length.strip);

  CHECK(framing("framing: length_prefix").length.field == frame::LengthField::u32);
  CHECK(framing("framing: { line: }").kind == frame::Kind::line);
  CHECK(framing("framing: '${FRAMING:-line}'").kind == frame::Kind::line);
}

TEST_CASE("the defaults of the schema and of settings.h are the same") {
  const ConfigResult result = parse(kLeast);
  REQUIRE(result.ok());
  const Config& config = result.config();

  const proxy::Settings settings;
  CHECK(config.proxy.workers == settings.workers);
  CHECK(config.proxy.drain.delay == settings.drain.delay);
  CHECK(config.proxy.drain.timeout == settings.drain.timeout);
  CHECK(config.proxy.drain.quiet == settings.drain.quiet);
  CHECK(config.proxy.drain.spread == settings.drain.spread);
  CHECK(config.proxy.limits.max_connections == settings.limits.max_connections);
  CHECK(config.proxy.limits.max_memory == 500'000'000);  // half of the fixture's machine
  CHECK(config.proxy.limits.accepts_per_turn == settings.limits.accepts_per_turn);
  CHECK(config.proxy.limits.max_upstreams == settings.limits.max_upstreams);
  CHECK(config.proxy.limits.max_names == settings.limits.max_names);
  CHECK(config.proxy.limits.max_groups == settings.limits.max_groups);
  CHECK(config.proxy.limits.max_names_per_connection == settings.limits.max_names_per_connection);
  CHECK(config.proxy.limits.max_groups_per_connection == settings.limits.max_groups_per_connection);
  CHECK(config.proxy.limits.max_name_bytes == settings.limits.max_name_bytes);
  CHECK(config.proxy.limits.max_tls_handshakes == settings.limits.max_tls_handshakes);

  const proxy::ListenerSettings listener;
  const proxy::ListenerSettings& parsed = config.proxy.listeners.at(0);
  CHECK(parsed.framing.kind == listener.framing.kind);
  CHECK(parsed.framing.max_frame_bytes == listener.framing.max_frame_bytes);
  CHECK(parsed.framing.ending == listener.framing.ending);
  CHECK(parsed.backlog == listener.backlog);
  CHECK(parsed.frame_timeout == listener.frame_timeout);
  CHECK(parsed.idle_timeout == listener.idle_timeout);
  CHECK(parsed.half_close_timeout == listener.half_close_timeout);
  CHECK(parsed.linger_timeout == listener.linger_timeout);
  CHECK(parsed.tcp_user_timeout == listener.tcp_user_timeout);
  CHECK(parsed.keepalive.idle == listener.keepalive.idle);
  CHECK(parsed.keepalive.interval == listener.keepalive.interval);
  CHECK(parsed.keepalive.count == listener.keepalive.count);
  CHECK(parsed.send_buffer == listener.send_buffer);
  CHECK(parsed.up_window == listener.up_window);
  CHECK(parsed.down_soft == listener.down_soft);
  CHECK(parsed.down_soft_timeout == listener.down_soft_timeout);
  CHECK(parsed.down_hard == listener.down_hard);
  CHECK(parsed.admission.max_connections_per_source ==
        listener.admission.max_connections_per_source);
  CHECK(parsed.admission.max_connections_per_prefix ==
        listener.admission.max_connections_per_prefix);
  CHECK(parsed.admission.source_prefix_v4 == listener.admission.source_prefix_v4);
  CHECK(parsed.admission.source_prefix_v6 == listener.admission.source_prefix_v6);
  CHECK(parsed.admission.exempt == listener.admission.exempt);
  CHECK(parsed.admission.max_new_per_second == listener.admission.max_new_per_second);
  CHECK(parsed.admission.new_burst == listener.admission.new_burst);
  CHECK(parsed.admission.max_new_per_source == listener.admission.max_new_per_source);
  CHECK(parsed.max_bytes_per_second == listener.max_bytes_per_second);
  CHECK(parsed.max_frames_per_second == listener.max_frames_per_second);
  CHECK(parsed.max_age == listener.max_age);
  CHECK(parsed.max_age_jitter == listener.max_age_jitter);
  CHECK(parsed.goodbye == listener.goodbye);

  const proxy::PoolSettings pool;
  const proxy::PoolSettings& parsed_pool = config.proxy.pools.at(0);
  CHECK(parsed_pool.balance == pool.balance);
  CHECK(parsed_pool.no_upstream_reply == pool.no_upstream_reply);
  CHECK(parsed_pool.dispatch == pool.dispatch);
  CHECK(parsed_pool.max_in_flight == pool.max_in_flight);
  CHECK(parsed_pool.reply_timeout == pool.reply_timeout);
  CHECK(parsed_pool.timeout_reply == pool.timeout_reply);
  CHECK(parsed_pool.pair_replies == pool.pair_replies);
  CHECK(parsed_pool.on_doubt == pool.on_doubt);
  CHECK(parsed_pool.max_attempts == pool.max_attempts);
  CHECK(parsed_pool.reach == pool.reach);
  CHECK(parsed_pool.no_upstream_timeout == pool.no_upstream_timeout);
  CHECK(parsed_pool.active_within == pool.active_within);
  CHECK(parsed_pool.window_bytes == pool.window_bytes);
  CHECK(parsed_pool.window_events == pool.window_events);
  CHECK(parsed_pool.connect_timeout == pool.connect_timeout);
  CHECK(parsed_pool.welcome_timeout == pool.welcome_timeout);
  CHECK(parsed_pool.progress_timeout == pool.progress_timeout);
  CHECK(parsed_pool.ping_interval == pool.ping_interval);
  CHECK(parsed_pool.leave_timeout == pool.leave_timeout);
  CHECK(config.policies.at(0).health == control::HealthSettings());
  CHECK(config.admin.auth);
  CHECK(config.admin.tokens.empty());
  CHECK_FALSE(config.registry.bind);
  CHECK_FALSE(config.readyz_requires_upstreams);
  CHECK(parsed_pool.upstreams.at(0) == proxy::UpstreamSettings{.address = "127.0.0.1:7001"});

  const Config defaults;
  CHECK(config.telemetry == defaults.telemetry);
  CHECK(config.admin.bind == Config().admin.bind);
  CHECK(config.state_dir == defaults.state_dir);
  CHECK(config.dead_letters.max_count == defaults.dead_letters.max_count);
  CHECK(config.dead_letters.max_bytes == defaults.dead_letters.max_bytes);
  CHECK(config.log.level == defaults.log.level);
  CHECK(config.log.format == defaults.log.format);

  const ConfigResult prefixed = parse(listener_with("framing: length_prefix"));
  REQUIRE(prefixed.ok());
  const frame::LengthPrefix length;
  const frame::LengthPrefix& parsed_length = prefixed.config().proxy.listeners.at(0).framing.length;
  CHECK(parsed_length.field == length.field);
  CHECK(parsed_length.order == length.order);
  CHECK(parsed_length.offset == length.offset);
  CHECK(parsed_length.adjustment == length.adjustment);
  CHECK(parsed_length.strip == length.strip);
}

TEST_CASE("the machine's memory is its RAM at most") {
  const auto ram = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                   static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const Machine machine = Machine::current();
  CHECK(machine.memory_bytes > 0);
  CHECK(machine.memory_bytes <= ram);
}

TEST_CASE("max_memory takes a share of the machine") {
  const ConfigResult result = parse(least_and("limits: { max_memory: 25% }"));
  REQUIRE(result.ok());
  CHECK(result.config().proxy.limits.max_memory == 250'000'000);
}

TEST_CASE("the state directory of systemd goes before the default, and behind the file") {
  CHECK(parse(kLeast, {{"STATE_DIRECTORY", "/run/one:/run/two"}}).config().state_dir == "/run/one");
  CHECK(parse(least_and("state: /srv/a:b"), {{"STATE_DIRECTORY", "/run/one"}}).config().state_dir ==
        "/srv/a:b");
}

TEST_CASE("the example is a valid configuration") {
  const ConfigResult result = load_config(in_repository("examples/waymark.yaml"));
  INFO((result.ok() ? std::string() : to_string(result.errors())));
  CHECK(result.ok());
}

TEST_CASE("a file that cannot be read is an error with its name") {
  const Scratch scratch;
  const std::string missing = (scratch.path() / "none.yaml").string();
  CHECK(to_string(load_config(missing).errors()) ==
        missing + ": cannot be opened: No such file or directory\n");
  CHECK_THAT(to_string(load_config(scratch.path().string()).errors()),
             Contains("cannot be read: Is a directory"));
}

TEST_CASE("a file is read up to its largest size") {
  const Scratch scratch;
  const std::string least(kLeast);
  const std::string padding(kMaxConfigBytes - least.size() - 1, 'x');
  CHECK(load_config(scratch.write("full.yaml", least + "#" + padding)).ok());
  const ConfigResult larger = load_config(scratch.write("more.yaml", least + "#" + padding + "x"));
  REQUIRE_FALSE(larger.ok());
  CHECK_THAT(larger.errors().at(0).message, Contains("larger than 1048576 bytes"));
}

TEST_CASE("this machine has memory, a name and an environment") {
  const Machine machine = Machine::current();
  CHECK(machine.memory_bytes >= 16u << 20);
  CHECK_FALSE(machine.host_name.empty());
  CHECK(machine.variable("PATH").has_value());
  CHECK_FALSE(machine.variable("WAYMARK_CONFIG_TEST_NOT_SET").has_value());
}

TEST_CASE("the path comes from the flag, then the environment, then the usual places") {
  const Scratch scratch;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path());
  const Machine named = machine_with({{"WAYMARK_CONFIG", "/srv/named.yaml"}});
  const Machine plain = machine_with({});

  CHECK(find_config_path("given.yaml", named).value() == "given.yaml");
  CHECK(find_config_path(std::nullopt, named).value() == "/srv/named.yaml");
  if (!std::filesystem::exists("/etc/waymark/waymark.yaml")) {
    const absl::StatusOr<std::string> none = find_config_path(std::nullopt, plain);
    REQUIRE_FALSE(none.ok());
    for (const char* tried :
         {"-c FILE", "$WAYMARK_CONFIG", "./waymark.yaml", "/etc/waymark/waymark.yaml"}) {
      CHECK_THAT(std::string(message_of(none.status())), Contains(tried));
    }
  }
  CHECK_FALSE(scratch.write("waymark.yaml", kLeast).empty());
  CHECK(find_config_path(std::nullopt, plain).value() == "./waymark.yaml");
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace waymark::app
