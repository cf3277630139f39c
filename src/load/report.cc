#include "load/report.h"

#include <fmt/format.h>

namespace waymark::load {
namespace {

double micros(std::uint64_t nanos) { return static_cast<double>(nanos) / 1000.0; }

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

double cpu_micros_per_frame(double seconds, const Window& window) {
  return ratio(seconds * 1e6, static_cast<double>(window.counts.received));
}

// Escapes what is not printable ASCII, so that the object stays one line.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c < ' ' || c > '~') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

std::string to_table(const Options& options, const Result& result) {
  const Counts& all = result.totals;
  const Window& window = result.window;
  const Histogram& latency = result.latency;
  std::string out = fmt::format(
      "{} to {}:{}, {} connections, seed {}{}\n"
      "  sent         {:>12}   received        {:>12}\n"
      "  mismatched   {:>12}   lost            {:>12}\n"
      "  duplicates   {:>12}   late            {:>12}\n"
      "  disconnects  {:>12}   connect errors  {:>12}\n",
      name_of(options.mode), options.target.host, options.target.port, options.connections,
      options.seed, result.interrupted ? ", interrupted" : "", all.sent, all.received,
      all.mismatched, all.lost, all.duplicates, all.late, all.disconnects, all.connect_errors);
  if (options.tls) {
    out += fmt::format("  TLS          {}, {} handshakes failed\n",
                       result.tls.empty() ? "none" : result.tls, all.handshake_errors);
  }
  out += fmt::format("  window       {:>10.2f} s   frames/s        {:>12.0f}\n", window.seconds,
                     ratio(static_cast<double>(window.counts.received), window.seconds));
  if (options.mode == Mode::churn) {
    out += fmt::format("  {:29}connections/s   {:>12.0f}\n", "",
                       ratio(static_cast<double>(window.counts.connected), window.seconds));
  }
  if (latency.count() > 0) {
    out += fmt::format(
        "  latency us   p50 {:.1f}   p90 {:.1f}   p99 {:.1f}   p99.9 {:.1f}   max {:.1f}\n",
        micros(latency.quantile(0.5)), micros(latency.quantile(0.9)),
        micros(latency.quantile(0.99)), micros(latency.quantile(0.999)), micros(latency.max()));
  }
  if (options.watch_pid > 0) {
    out += fmt::format("  CPU of {}    {:.3f} us a frame, {:.0f} % of a core\n", options.watch_pid,
                       cpu_micros_per_frame(window.watched_cpu, window),
                       100 * ratio(window.watched_cpu, window.seconds));
  }
  if (!result.first_fault.empty()) {
    out += fmt::format("  first fault  {}\n", result.first_fault);
  }
  return out;
}

std::string to_json(const Options& options, const Result& result, bool clean) {
  const Counts& all = result.totals;
  const Window& window = result.window;
  const Histogram& latency = result.latency;
  std::string out = fmt::format(
      R"({{"ok":{},"interrupted":{},"target":{},"mode":"{}","connections":{},"in_flight":{},)"
      R"("rate":{},"payload_min":{},"payload_max":{},"threads":{},"seed":{},"elapsed":{:.3f},)",
      clean, result.interrupted,
      quoted(fmt::format("{}:{}", options.target.host, options.target.port)), name_of(options.mode),
      options.connections, options.in_flight, options.rate, options.payload.min,
      options.payload.max, options.threads, options.seed, result.elapsed);
  out += fmt::format(
      R"("sent":{},"received":{},"bytes":{},"mismatched":{},"lost":{},"late":{},"duplicates":{},)"
      R"("connected":{},"connect_errors":{},"handshake_errors":{},"disconnects":{},"tls":{},)",
      all.sent, all.received, all.bytes, all.mismatched, all.lost, all.late, all.duplicates,
      all.connected, all.connect_errors, all.handshake_errors, all.disconnects, quoted(result.tls));
  out += fmt::format(
      R"("window":{{"seconds":{:.6f},"sent":{},"received":{},"bytes":{},"connected":{},)"
      R"("own_cpu_seconds":{:.6f},"watched_cpu_seconds":{:.6f},"watched_cpu_us_per_frame":{:.4f}}},)",
      window.seconds, window.counts.sent, window.counts.received, window.counts.bytes,
      window.counts.connected, window.own_cpu, window.watched_cpu,
      cpu_micros_per_frame(window.watched_cpu, window));
  out += fmt::format(
      R"("latency_us":{{"mean":{:.3f},"p50":{:.3f},"p90":{:.3f},"p99":{:.3f},"p999":{:.3f},)"
      R"("max":{:.3f}}},"first_fault":{}}})",
      latency.mean() / 1000.0, micros(latency.quantile(0.5)), micros(latency.quantile(0.9)),
      micros(latency.quantile(0.99)), micros(latency.quantile(0.999)), micros(latency.max()),
      quoted(result.first_fault));
  return out;
}

}  // namespace waymark::load
