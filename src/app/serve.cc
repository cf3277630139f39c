#include "app/serve.h"

#include <malloc.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "admin/proxy_metrics.h"
#include "admin/telemetry_server.h"
#include "app/log.h"
#include "app/version.h"
#include "base/status.h"
#include "net/loop.h"
#include "proxy/proxy.h"

namespace waymark::app {
namespace {

constexpr std::chrono::milliseconds kSnapshotTimeout{1000};
constexpr std::chrono::milliseconds kLastWords{200};

// What probes and Prometheus are told.
class Telemetry final : public admin::TelemetrySource {
 public:
  Telemetry(proxy::Proxy& proxy, const Log& log) : proxy_(proxy), log_(log) {}

  void set_draining() { draining_ = true; }

  admin::Readiness readiness() override {
    if (draining_) return {false, "draining"};
    if (const std::string pool = proxy_.pool_not_seen(); !pool.empty()) {
      return {false, "pool '" + pool + "' has had no ready upstream yet"};
    }
    return {true, {}};
  }

  std::string metrics() override {
    return admin::proxy_metrics(proxy_.snapshot(kSnapshotTimeout),
                                {.version = kVersion, .log_lines_dropped = log_.dropped_lines()});
  }

 private:
  proxy::Proxy& proxy_;
  const Log& log_;
  std::atomic<bool> draining_{false};
};

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  // A core would hold the clients' bytes.
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  // Messages of hundreds of KiB come and go all the time: without this glibc maps and unmaps each,
  // and faults every page in again.
  (void)mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
  (void)mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
  }
}

int fail(const absl::Status& status) {
  std::fprintf(stderr, "waymark: %s\n", std::string(message_of(status)).c_str());
  return 1;
}

void log_start(Log& log, const Config& config, const proxy::Proxy& proxy,
               std::uint16_t telemetry_port) {
  const auto addresses = proxy.listener_addresses();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    log.write(LogLevel::info, "listening",
              {{"listener", config.proxy.listeners[i].name},
               {"address", addresses[i]},
               {"pool", config.proxy.listeners[i].pool}});
  }
  const Endpoint telemetry{config.telemetry.host, telemetry_port};
  log.write(LogLevel::info, "started",
            {{"version", kVersion},
             {"telemetry", telemetry.to_string()},
             {"workers", static_cast<std::uint64_t>(proxy.workers())},
             {"max_connections", static_cast<std::uint64_t>(proxy.max_connections())}});
  for (const proxy::PoolSettings& pool : config.proxy.pools) {
    for (const proxy::UpstreamSettings& upstream : pool.upstreams) {
      if (!upstream.insecure) continue;
      log.write(LogLevel::warn, "insecure_upstream",
                {{"pool", pool.name},
                 {"address", upstream.address},
                 {"note", "frames travel in plaintext, as `insecure: true` asks for"}});
    }
  }
}

}  // namespace

int serve(Config config) {
  prepare_process();
  Log log(config.log);
  net::Loop loop;
  net::Waker ended(loop, [&] { loop.stop(); });
  net::Timer drain_delay(loop, [] {});
  const auto close_handles = [&] {
    ended.close();
    drain_delay.close();
  };

  auto proxy = proxy::Proxy::start(config.proxy, log, loop, [&] { ended.wake(); });
  if (!proxy.ok()) {
    close_handles();
    return fail(proxy.status());
  }
  Telemetry telemetry(**proxy, log);
  auto server = admin::TelemetryServer::start(
      {.host = config.telemetry.host, .port = config.telemetry.port}, telemetry);
  const proxy::DrainSettings& drain = config.proxy.drain;
  int exit_code = 0;
  bool draining = false;
  net::Timer begin_drain(loop, [&] { (*proxy)->drain(drain.timeout - drain.delay); });
  const auto on_signal = [&] {
    if (draining) {
      log.write(LogLevel::warn, "ended_at_once", {{"why", "a second signal"}});
      log.flush(kLastWords);
      std::_Exit(1);
    }
    draining = true;
    telemetry.set_draining();
    log.write(LogLevel::info, "draining",
              {{"delay_ms", static_cast<std::uint64_t>(drain.delay.count())},
               {"timeout_ms", static_cast<std::uint64_t>(drain.timeout.count())}});
    begin_drain.start_once(drain.delay);
  };
  net::SignalWatch on_term(loop, SIGTERM, on_signal);
  net::SignalWatch on_int(loop, SIGINT, on_signal);

  if (server.ok()) {
    log_start(log, config, **proxy, (*server)->bound_port());
  } else {
    exit_code = fail(server.status());
    (*proxy)->drain(proxy::Millis(0));
  }
  loop.run_in_thread([] { return false; });

  if (server.ok()) server->reset();
  proxy->reset();
  close_handles();
  begin_drain.close();
  on_term.close();
  on_int.close();
  if (exit_code == 0) log.write(LogLevel::info, "ended", {});
  return exit_code;
}

}  // namespace waymark::app
