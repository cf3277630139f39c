#include "app/config_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/config_endpoint.h"
#include "app/config_tls.h"
#include "base/status.h"

namespace waymark::app {
namespace {

// The name of each value, as "listeners[2].name": used to say where the first one was.
using FirstUses = std::unordered_map<std::string, std::string>;

bool is_ipv6(const Endpoint& endpoint) { return endpoint.host.find(':') != std::string::npos; }

// Whether a socket bound to `a` takes the clients of `b` too. "::" takes those of IPv4 as well.
bool covers(const Endpoint& a, const Endpoint& b) {
  return a.host == b.host || a.host == "::" || (a.host == "0.0.0.0" && !is_ipv6(b));
}

// Whether the system would let only one of them listen.
bool collide(const Endpoint& a, const Endpoint& b) {
  return a.port == b.port && a.port != 0 && (covers(a, b) || covers(b, a));
}

class Checker {
 public:
  Checker(const Config& config, const Places& places, ErrorReport& report)
      : config_(config), places_(places), report_(report) {}

  void run() {
    check_names();
    check_binds();
    check_listeners();
    check_pools();
    check_process();
  }

 private:
  void complain(const std::string& path, std::string message) {
    report_.add(places_.find(path), path, std::move(message));
  }
  [[nodiscard]] bool sound(const std::string& path) const { return !report_.touches(path); }

  static std::string listener_path(std::size_t i, std::string_view field) {
    return fmt::format("listeners[{}].{}", i, field);
  }
  static std::string pool_path(std::size_t i, std::string_view field) {
    return fmt::format("pools[{}].{}", i, field);
  }

  void check_unique(FirstUses& uses, const std::string& value, const std::string& path) {
    if (!sound(path)) return;
    const auto [first, is_first] = uses.emplace(value, path);
    if (!is_first) complain(path, fmt::format("{} is taken by {}", quoted(value), first->second));
  }

  void check_names() {
    FirstUses listeners;
    for (std::size_t i = 0; i < config_.proxy.listeners.size(); ++i) {
      check_unique(listeners, config_.proxy.listeners[i].name, listener_path(i, "name"));
    }
    FirstUses pools;
    for (std::size_t i = 0; i < config_.proxy.pools.size(); ++i) {
      check_unique(pools, config_.proxy.pools[i].name, pool_path(i, "name"));
    }
  }

  // Listeners, telemetry and admin all share one machine's ports. These two come first: they may be
  // defaults, and the error shall stand where the file says something.
  void check_binds() {
    std::vector<std::pair<Endpoint, std::string>> binds = {{config_.admin.bind, "admin.bind"},
                                                           {config_.telemetry, "telemetry.bind"}};
    if (config_.registry.bind) binds.emplace_back(*config_.registry.bind, "registry.bind");
    for (std::size_t i = 0; i < config_.proxy.listeners.size(); ++i) {
      const proxy::ListenerSettings& listener = config_.proxy.listeners[i];
      binds.push_back({{listener.host, listener.port}, listener_path(i, "bind")});
    }

    std::unordered_map<std::uint16_t, std::vector<std::size_t>> by_port;
    for (std::size_t i = 0; i < binds.size(); ++i) {
      const auto& [bind, path] = binds[i];
      if (!sound(path)) continue;
      std::vector<std::size_t>& others = by_port[bind.port];
      for (const std::size_t other : others) {
        if (!collide(bind, binds[other].first)) continue;
        complain(path, fmt::format("{} is taken by {}, which binds {}", bind.to_string(),
                                   binds[other].second, binds[other].first.to_string()));
        break;
      }
      others.push_back(i);
    }
  }

  void check_listeners() {
    for (std::size_t i = 0; i < config_.proxy.listeners.size(); ++i) {
      const proxy::ListenerSettings& listener = config_.proxy.listeners[i];
      check_pool_exists(listener.pool, listener_path(i, "pool"));
      check_framing(listener.framing, listener_path(i, "framing"));
      check_routes(listener, i);
      check_tls(listener.tls, listener_path(i, "tls"));
      const std::string down = listener_path(i, "down");
      if (sound(down) && listener.down_soft > listener.down_hard) {
        complain(down + ".soft", fmt::format("{} bytes are more than {}.hard, {} bytes",
                                             listener.down_soft, down, listener.down_hard));
      }
    }
  }

  template <typename Tls>
  void check_tls(const std::optional<Tls>& tls, const std::string& path) {
    if (!tls || !sound(path)) return;
    if (std::string problem = problem_of(*tls); !problem.empty()) {
      complain(path, std::move(problem));
    }
  }

  void check_routes(const proxy::ListenerSettings& listener, std::size_t i) {
    for (std::size_t j = 0; j < listener.routes.size(); ++j) {
      const proxy::PoolRoute& route = listener.routes[j];
      const std::string path = listener_path(i, fmt::format("routes[{}]", j));
      check_pool_exists(route.pool, path + ".pool");
      if (!sound(path)) continue;
      if (route.sni.empty() && route.authority.empty() && route.sources.empty() &&
          route.starts_with.empty()) {
        complain(path, "needs one of `sni`, `authority`, `source_cidrs` and `starts_with`");
      }
      if (!route.sni.empty() && !listener.tls) {
        complain(path + ".sni", "needs the listener's `tls`");
      }
      if (!route.authority.empty() && !listener.proxy_protocol) {
        complain(path + ".authority", "needs the listener's `proxy_protocol`");
      }
    }
  }

  void check_pool_exists(const std::string& pool, const std::string& path) {
    if (!sound(path)) return;
    std::vector<std::string> known;
    for (std::size_t i = 0; i < config_.proxy.pools.size(); ++i) {
      // While a pool has no name that can be read, it may be the one that is meant.
      if (!sound(pool_path(i, "name")) && config_.proxy.pools[i].name.empty()) return;
      if (config_.proxy.pools[i].name == pool) return;
      known.push_back(config_.proxy.pools[i].name);
    }
    if (known.empty()) return;  // which is an error of its own
    complain(path,
             fmt::format("no pool is called {}, known: {}", quoted(pool), fmt::join(known, ", ")));
  }

  void check_framing(const frame::Framing& framing, const std::string& path) {
    if (!sound(path)) return;
    if (const absl::Status status = framing.validate(); !status.ok()) {
      complain(path, std::string(message_of(status)));
    }
  }

  void check_pools() {
    for (std::size_t i = 0; i < config_.proxy.pools.size(); ++i) {
      const proxy::PoolSettings& pool = config_.proxy.pools[i];
      if (pool.pair_replies && pool.reply_timeout.count() == 0) {
        complain(
            pool_path(i, "pair_replies"),
            "needs a `reply_timeout`, or frames that get no answer would be waited for without "
            "end");
      }
      if (pool.dispatch == proxy::Dispatch::all && pool.reply_timeout.count() > 0) {
        complain(pool_path(i, "reply_timeout"),
                 "cannot be had with `dispatch: all`, where each upstream may answer");
      }
      check_tls(pool.tls, pool_path(i, "tls"));
      const std::string path = pool_path(i, "upstreams");
      FirstUses addresses;
      const auto& upstreams = pool.upstreams;
      for (std::size_t j = 0; j < upstreams.size(); ++j) {
        const std::string of_upstream = fmt::format("{}[{}]", path, j);
        check_upstream(addresses, upstreams[j], of_upstream + ".address");
        check_plaintext(pool, upstreams[j], of_upstream);
      }
    }
  }

  void check_upstream(FirstUses& addresses, const proxy::UpstreamSettings& upstream,
                      const std::string& path) {
    std::string what = upstream.address;
    for (const auto& [key, value] : upstream.metadata) what += fmt::format(" {}={}", key, value);
    check_unique(addresses, what, path);
  }

  void check_plaintext(const proxy::PoolSettings& pool, const proxy::UpstreamSettings& upstream,
                       const std::string& path) {
    if (pool.tls && upstream.insecure) {
      complain(path + ".insecure", "contradicts the `tls` of its pool: leave one of them out");
    }
    std::string problem =
        plaintext_problem(upstream.address, pool.tls.has_value(), upstream.insecure);
    if (!problem.empty() && sound(path + ".address")) {
      complain(path + ".address", std::move(problem));
    }
  }

  void check_tokens() {
    FirstUses names;
    for (std::size_t i = 0; i < config_.admin.tokens.size(); ++i) {
      check_unique(names, config_.admin.tokens[i].name, fmt::format("admin.tokens[{}].name", i));
    }
  }

  // Browsers take no IPv6 address in a Content-Security-Policy, and "localhost" may be one.
  void check_lab(const AdminSettings& admin) {
    if (!admin.lab || !sound("admin.lab")) return;
    if (admin.lab->port != 0 && admin.lab->host.starts_with("127.")) return;
    complain("admin.lab",
             fmt::format("{} is no address of a lab, which is in 127.0.0.0/8 and has a "
                         "port: 127.0.0.1:8300",
                         admin.lab->to_string()));
  }

  void check_admin() {
    const AdminSettings& admin = config_.admin;
    check_tls(admin.tls, "admin.tls");
    check_lab(admin);
    if (admin.bind.is_loopback() || !sound("admin.bind")) return;
    const std::string bind = admin.bind.to_string();
    if (!admin.tls && sound("admin.tls")) {
      complain("admin.bind", fmt::format("{} is off the loopback, which needs `admin.tls` with a "
                                         "`certificate` and its `key`",
                                         bind));
    }
    if (!admin.auth && sound("admin.auth")) {
      complain("admin.auth", fmt::format("`off` is for the loopback alone, and `admin.bind` is {}: "
                                         "needs `token`",
                                         bind));
    }
  }

  void check_registry() {
    const RegistrySettings& registry = config_.registry;
    check_tls(registry.tls, "registry.tls");
    if (!registry.bind || registry.bind->is_loopback() || registry.tls || registry.insecure ||
        !sound("registry.bind") || !sound("registry.tls")) {
      return;
    }
    complain("registry.bind",
             fmt::format("{} is off the loopback, which needs `registry.tls` with a `certificate` "
                         "and its `key`; or say `insecure: true` to take the token in plaintext",
                         registry.bind->to_string()));
  }

  void check_process() {
    check_admin();
    check_registry();
    check_tokens();
    const proxy::DrainSettings& drain = config_.proxy.drain;
    if (sound("drain") && drain.quiet >= drain.timeout) {
      complain("drain.quiet", fmt::format("{} ms must be less than drain.timeout, {} ms",
                                          drain.quiet.count(), drain.timeout.count()));
    }
    if (sound("drain") && drain.spread > proxy::Millis(0) &&
        drain.delay + drain.spread >= drain.timeout) {
      complain("drain.spread",
               fmt::format("{} ms and drain.delay, {} ms, must be less than drain.timeout, {} ms",
                           drain.spread.count(), drain.delay.count(), drain.timeout.count()));
    }
  }

  const Config& config_;
  const Places& places_;
  ErrorReport& report_;
};

}  // namespace

void check_config(const Config& config, const Places& places, ErrorReport& report) {
  Checker(config, places, report).run();
}

}  // namespace waymark::app
