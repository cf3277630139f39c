// What the load generator is asked to do, and the small grammars of its command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "load/envelope.h"
#include "load/payload.h"
#include "load/proxy_header.h"

namespace waymark::load {

enum class Mode : std::uint8_t {
  echo,   // connections stay and speak all the time
  idle,   // connections stay silent, then speak once each
  churn,  // connect, one frame, its echo, close, again
};

struct Target {
  std::string host;  // numeric address
  std::uint16_t port = 0;
};

struct Options {
  using Millis = std::chrono::milliseconds;

  Target target;
  Mode mode = Mode::echo;
  std::size_t connections = 100;  // churn: how many at a time
  std::uint32_t in_flight = 1;    // frames a connection has outstanding (closed loop)
  double rate = 0;                // frames a second over all connections (open loop); 0: closed
  bool tls = false;
  std::string tls_ca;  // PEM file; empty: any certificate will do, on the loopback alone
  std::optional<ProxyVersion> proxy_header;  // sent before anything else
  Envelope envelope;
  SizeRange payload;
  Millis duration{10'000};   // of the measured window
  std::uint32_t frames = 0;  // each connection sends this many instead; 0: by duration
  Millis warmup{1'000};
  Millis idle_hold{10'000};
  double connect_rate = 0;  // connections a second; 0: as fast as they come
  Millis connect_timeout{10'000};
  Millis reply_timeout{5'000};
  std::uint64_t seed = 1;
  std::size_t threads = 1;
  int watch_pid = 0;      // whose CPU time to measure over the window; 0: nobody's
  bool announce = false;  // JSON lines on stdout at every step
  bool progress = true;   // a line on stderr every 2 s

  // InvalidArgument naming the option, if these cannot be run together.
  [[nodiscard]] absl::Status validate() const;
};

// "127.0.0.1:7999", "[::1]:7999", "localhost:7999".
[[nodiscard]] absl::StatusOr<Target> parse_target(std::string_view text);

// "500ms", "10s", "1m", "1h".
[[nodiscard]] absl::StatusOr<Options::Millis> parse_duration(std::string_view text);

// "64", "4KiB", "1MiB".
[[nodiscard]] absl::StatusOr<std::size_t> parse_size(std::string_view text);

// "64" or "64-4096", each side a size.
[[nodiscard]] absl::StatusOr<SizeRange> parse_sizes(std::string_view text);

[[nodiscard]] absl::StatusOr<Mode> parse_mode(std::string_view text);
[[nodiscard]] std::string_view name_of(Mode mode);

// "v1" or "v2".
[[nodiscard]] absl::StatusOr<ProxyVersion> parse_proxy_version(std::string_view text);

}  // namespace waymark::load
