// waymark-load: sends frames through an echo, checks every byte that comes back, tells how long it
// took.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <utility>

#include "base/status.h"
#include "load/options.h"
#include "load/report.h"
#include "load/run.h"

namespace {

using namespace waymark;
using load::Options;

constexpr int kClean = 0;
constexpr int kFaults = 1;
constexpr int kBadUsage = 2;

constexpr const char* kDescription =
    "Load generator and byte-exact verifier for anything that echoes what TCP clients send.";

constexpr const char* kExamples = R"(Examples:
  1,000 connections, one frame of 64 bytes each in flight, for 10 s after 1 s of warm-up:
    waymark-load --target 127.0.0.1:7999 --connections 1000

  Lines of 64 to 4096 bytes, 4 in flight, for a minute; upstreams may die meanwhile:
    waymark-load --target 127.0.0.1:7999 --framing line --payload 64-4096 --in-flight 4 \
                 --duration 60s --allow-lost

  5,000 frames a second whatever the answers do; latency counts from when a frame was due:
    waymark-load --target 127.0.0.1:7999 --rate 5000

  9,500 silent connections for 30 s, then each speaks once:
    waymark-load --target 127.0.0.1:7999 --mode idle --connections 9500 --idle-hold 30s

  Connect, one frame, its echo, close, with 50 connections at a time:
    waymark-load --target 127.0.0.1:7999 --mode churn --concurrency 50

  The same over TLS, each with a full handshake, to a listener behind a balancer:
    waymark-load --target 127.0.0.1:7999 --mode churn --concurrency 50 --tls --proxy-header v2

Exit code: 0 if everything sent came back and nothing else did; 1 if not; 2 for a usage error.)";

// A CLI11 option whose text is read by `parse` into `out`.
template <typename T, typename Parsed>
CLI::Option* add(CLI::App& app, const std::string& name, T& out,
                 absl::StatusOr<Parsed> (*parse)(std::string_view), const std::string& help) {
  return app.add_option_function<std::string>(
      name,
      [&out, parse](const std::string& text) {
        auto value = parse(text);
        if (!value.ok()) throw CLI::ValidationError(std::string(message_of(value.status())));
        out = *std::move(value);
      },
      help);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  bool json = false;
  bool quiet = false;
  bool allow_lost = false;

  CLI::App app(kDescription, "waymark-load");
  app.footer(kExamples);
  add(app, "--target", options.target, load::parse_target, "ADDRESS:PORT to connect to")
      ->required();
  add(app, "--mode", options.mode, load::parse_mode, "echo (default), idle or churn");
  app.add_option("--connections,--concurrency", options.connections,
                 "Connections, in churn those open at a time")
      ->capture_default_str();
  app.add_option("--in-flight", options.in_flight,
                 "Frames each connection has outstanding (closed loop)")
      ->capture_default_str();
  app.add_option("--rate", options.rate,
                 "Frames a second over all connections, due at fixed times (open loop)");
  auto* payload = add(app, "--payload", options.payload, load::parse_sizes,
                      "Bytes of a payload: 64 (default), 4KiB, or a range as 64-4096");
  add(app, "--framing", options.envelope, load::Envelope::parse,
      "raw (default), line, line-crlf, fixed:N, length:1|2|4|8[le], length:varint, "
      "delimiter:TEXT (escapes \\n \\r \\t \\0 \\xHH)");
  app.add_flag("--tls", options.tls,
               "Talk TLS 1.2 or 1.3, each connection with a full handshake; without --tls-ca the "
               "certificate is NOT verified, which is allowed on the loopback alone");
  app.add_option("--tls-ca", options.tls_ca,
                 "PEM file of the CAs the certificate has to lead to; its name may be any");
  add(app, "--proxy-header", options.proxy_header, load::parse_proxy_version,
      "v1 or v2: each connection begins with a PROXY header of that version (before TLS), with a "
      "client address of its own");
  auto* duration = add(app, "--duration", options.duration, load::parse_duration,
                       "Length of the measured window, 10s by default");
  app.add_option("--frames", options.frames,
                 "Frames each connection sends, instead of --duration; churn: connections in turn")
      ->excludes(duration);
  add(app, "--warmup", options.warmup, load::parse_duration,
      "Traffic before the window, 1s by default; none with --frames");
  add(app, "--idle-hold", options.idle_hold, load::parse_duration,
      "How long idle connections stay silent, 10s by default");
  app.add_option("--connect-rate", options.connect_rate,
                 "Connections a second; as fast as they are accepted by default");
  add(app, "--connect-timeout", options.connect_timeout, load::parse_duration,
      "A connection that takes longer failed, 10s by default");
  add(app, "--reply-timeout", options.reply_timeout, load::parse_duration,
      "A frame without its echo for so long is lost, 5s by default");
  app.add_option("--threads", options.threads, "Threads that share the connections")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "What sizes and bytes are made from")
      ->capture_default_str();
  app.add_option("--watch-pid", options.watch_pid,
                 "Process whose CPU time is measured over the same window");
  app.add_flag("--allow-lost", allow_lost,
               "Exit 0 in spite of lost, late or repeated answers (an upstream was killed)");
  app.add_flag("--announce", options.announce,
               "A JSON line on stdout at each step: opened, warming, window_start, window_end");
  app.add_flag("--json", json, "The summary as one JSON object");
  app.add_flag("--quiet", quiet, "No progress on stderr");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? kClean : kBadUsage;
  }
  options.progress = !quiet;
  if (const auto fixed = options.envelope.fixed_size(); fixed && payload->empty()) {
    options.payload = {*fixed, *fixed};
  }

  const auto result = load::run(options);
  if (!result.ok()) {
    fmt::print(stderr, "waymark-load: {}\n", message_of(result.status()));
    return kBadUsage;
  }
  const bool clean = result->is_clean(allow_lost);
  fmt::print("{}", json ? load::to_json(options, *result, clean) + "\n"
                        : load::to_table(options, *result));
  return clean ? kClean : kFaults;
}
