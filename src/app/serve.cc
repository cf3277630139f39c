#include "app/serve.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "app/admin_source.h"
#include "app/control_plane.h"
#include "app/dead_letters.h"
#include "app/event_feed.h"
#include "app/http_listeners.h"
#include "app/http_tls.h"
#include "app/log.h"
#include "app/metrics_source.h"
#include "app/news.h"
#include "app/privileges.h"
#include "app/process.h"
#include "app/readiness.h"
#include "app/reload.h"
#include "app/reload_thread.h"
#include "app/running_config.h"
#include "app/service_manager.h"
#include "app/settings_store.h"
#include "app/statistics.h"
#include "app/version.h"
#include "app/vital_signs.h"
#include "base/status.h"
#include "link/grpc_library.h"
#include "net/loop.h"
#include "proxy/proxy.h"
#include "store/store.h"

namespace waymark::app {
namespace {

constexpr std::chrono::milliseconds kEndCheck{20};
constexpr int kEndChecks = 50;
constexpr std::chrono::milliseconds kLastWords{200};

int fail(const absl::Status& status) {
  std::fprintf(stderr, "waymark: %s\n", std::string(message_of(status)).c_str());
  return 1;
}

// What is remembered of earlier runs.
absl::StatusOr<std::unique_ptr<store::Store>> open_store(const Config& config, bool recover,
                                                         Log& log) {
  return store::Store::open({.directory = config.state_dir,
                             .recover = recover,
                             .notice = [&log](const std::string& text) {
                               log.write(LogLevel::warn, "state", {{"what", text}});
                             }});
}

void log_start(Log& log, const Config& config, const proxy::Proxy& proxy,
               const HttpListeners& http) {
  log.listeners(*proxy.layout(), {});
  const Endpoint telemetry{config.telemetry.host, http.telemetry->bound_port()};
  const Endpoint admin{config.admin.bind.host, http.admin->bound_port()};
  std::string registry = "off";
  if (http.registry) {
    registry = Endpoint{config.registry.bind->host, http.registry->bound_port()}.to_string();
  }
  log.write(LogLevel::info, "started",
            {{"version", kVersion},
             {"telemetry", telemetry.to_string()},
             {"admin", admin.to_string()},
             {"registry", registry},
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

void log_privileges(Log& log, const absl::Status& dropped) {
  if (!dropped.ok()) {
    log.write(LogLevel::warn, "privileges_not_dropped", {{"why", message_of(dropped)}});
  }
  if (geteuid() != 0) return;
  log.write(
      LogLevel::warn, "runs_as_root",
      {{"note", "start it as a user of its own; ports below 1024 take CAP_NET_BIND_SERVICE"}});
}

}  // namespace

int serve(Config of_file, const ServeOptions& options) {
  prepare_process();
  if (!options.traceable) hide_memory();
  const absl::Status dropped = drop_privileges();
  ServiceManager manager(take_service_environment());
  HeldSignals signals;
  auto http_tls = HttpTls::load(of_file);
  if (!http_tls.ok()) return fail(http_tls.status());
  Log log(of_file.log);
  auto store = open_store(of_file, options.recover, log);
  if (!store.ok()) return fail(store.status());
  store::StoredState remembered = (*store)->take_loaded();
  SettingsStore settings(**store, std::move(remembered.settings));
  std::vector<std::string> passed_over;
  RunningConfig running(with_kept_settings(std::move(of_file), settings.all(), passed_over));
  for (const std::string& line : passed_over) {
    log.write(LogLevel::warn, "setting_not_taken", {{"why", line}});
  }
  const ConfigPtr at_start = running.get();
  const Config& config = *at_start;
  log.set_level(config.log.level);
  admin::EventRing ring(admin::EventRing::kEvents, first_event_id());
  EventFeed feed(ring);

  DeadLetters letters(**store, running, log, feed, remembered.dead_letters);
  remembered.dead_letters.clear();

  const link::GrpcLibrary grpc;
  net::Loop loop;
  const std::size_t workers = proxy::worker_count(config.proxy);
  ControlPlane plane(
      running, workers, loop, log, **store,
      [&](const UpstreamView& view, std::string_view what) { feed.upstream(view.resource, what); });
  News news(log, plane, feed, letters);
  bool workers_ended = false;
  net::Waker ended(loop, [&] { workers_ended = true; });
  int checks_left = kEndChecks;
  net::Timer stop_when_done(loop, [&] {
    if (workers_ended && (plane.ended() || --checks_left == 0)) loop.stop();
  });
  const auto close_handles = [&] {
    plane.close();
    ended.close();
    stop_when_done.close();
  };
  auto proxy = proxy::Proxy::start(config.proxy, news, loop, [&] { ended.wake(); });
  stop_when_done.start(kEndCheck);
  if (!proxy.ok()) {
    plane.end();
    workers_ended = true;
    loop.run_in_thread([] { return false; });
    store->reset();
    close_handles();
    return fail(proxy.status());
  }
  plane.begin(**proxy, remembered);
  ReadinessGate gate(**proxy, plane, running);
  auto statistics = std::make_unique<Statistics>(**proxy, plane, log, config.state_dir);
  MetricsSource metrics(**proxy, plane, gate, letters, *statistics, log);
  Reload reload(options.config_path, running, settings, plane, **http_tls, log, feed, manager);
  ReloadThread reloads(reload);
  AdminSource source(running, options.config_path, **proxy, plane, gate, reload, letters,
                     *statistics);
  auto http =
      open_http_listeners(config, **http_tls, metrics, metrics.requests(), source, ring, log);

  VitalSigns vital_signs(loop, manager, **proxy, gate);

  int exit_code = 0;
  bool draining = false;
  net::Timer begin_drain(loop, [&] {
    const ConfigPtr now = running.get();
    const proxy::DrainSettings& drain = now->proxy.drain;
    plane.end();
    (*proxy)->drain(drain.timeout - drain.delay);
  });
  const auto on_signal = [&] {
    if (draining) {
      log.write(LogLevel::warn, "ended_at_once", {{"why", "a second signal"}});
      log.flush(kLastWords);
      std::_Exit(1);
    }
    const ConfigPtr now = running.get();
    const proxy::DrainSettings& drain = now->proxy.drain;
    draining = true;
    gate.set_draining();
    manager.stopping();
    vital_signs.look();
    log.write(LogLevel::info, "draining",
              {{"delay_ms", static_cast<std::uint64_t>(drain.delay.count())},
               {"timeout_ms", static_cast<std::uint64_t>(drain.timeout.count())}});
    begin_drain.start_once(drain.delay);
  };
  net::SignalWatch on_term(loop, SIGTERM, on_signal);
  net::SignalWatch on_int(loop, SIGINT, on_signal);
  net::SignalWatch on_hup(loop, SIGHUP, [&] { reloads.request(); });

  if (http.ok()) {
    log_start(log, config, **proxy, *http);
    log_privileges(log, dropped);
    vital_signs.start();
    if (absl::Status told = manager.ready(); !told.ok()) {
      log.write(LogLevel::warn, "service_manager_not_told", {{"why", message_of(told)}});
    }
  } else {
    exit_code = fail(http.status());
    plane.end();
    (*proxy)->drain(proxy::Millis(0));
  }
  signals.release();
  loop.run_in_thread([] { return false; });

  if (http.ok()) *http = HttpListeners();
  reloads.end();
  statistics.reset();
  store->reset();  // its last answers go to the control plane and the dead letters
  vital_signs.close();
  proxy->reset();
  if (exit_code == 0) log.write(LogLevel::info, "ended", {});
  if (!plane.ended()) {
    // A name that is being resolved cannot be called back, and may take half a minute.
    log.flush(kLastWords);
    std::_Exit(exit_code);
  }
  close_handles();
  begin_drain.close();
  on_term.close();
  on_int.close();
  on_hup.close();
  return exit_code;
}

}  // namespace waymark::app
