#include "load/options.h"

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "base/status.h"

namespace waymark::load {
namespace {

using absl::StatusCode;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kDurationUnits = {Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000},
                                       Unit{"h", 3'600'000}};
constexpr std::array kSizeUnits = {Unit{"", 1}, Unit{"KiB", 1024}, Unit{"MiB", 1024 * 1024}};
constexpr std::array kModes = {std::pair{Mode::echo, "echo"}, std::pair{Mode::idle, "idle"},
                               std::pair{Mode::churn, "churn"}};

// A whole number followed by one of `units`.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, failure] = std::from_chars(text.data(), last, number);
  if (failure != std::errc() || number > UINT32_MAX) return std::nullopt;
  const std::string_view name(end, static_cast<std::size_t>(last - end));
  for (const Unit& unit : units) {
    if (unit.name == name) return number * unit.factor;
  }
  return std::nullopt;
}

bool is_loopback(std::string_view host) { return host.starts_with("127.") || host == "::1"; }

}  // namespace

absl::StatusOr<Target> parse_target(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) {
    return error(StatusCode::kInvalidArgument, "target \"{}\": allowed is ADDRESS:PORT", text);
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto port = parse_quantity(text.substr(colon + 1), std::span(kSizeUnits).first(1));
  if (host.empty() || !port || *port == 0 || *port > UINT16_MAX) {
    return error(StatusCode::kInvalidArgument, "target \"{}\": allowed is ADDRESS:PORT", text);
  }
  return Target{std::string(host == "localhost" ? "127.0.0.1" : host),
                static_cast<std::uint16_t>(*port)};
}

absl::StatusOr<Options::Millis> parse_duration(std::string_view text) {
  const auto millis = parse_quantity(text, kDurationUnits);
  if (!millis) {
    return error(StatusCode::kInvalidArgument,
                 "duration \"{}\": allowed is a number with ms, s, m or h", text);
  }
  return Options::Millis(*millis);
}

absl::StatusOr<std::size_t> parse_size(std::string_view text) {
  const auto bytes = parse_quantity(text, kSizeUnits);
  if (!bytes) {
    return error(StatusCode::kInvalidArgument,
                 "size \"{}\": allowed is a number of bytes, or with KiB or MiB", text);
  }
  return static_cast<std::size_t>(*bytes);
}

absl::StatusOr<SizeRange> parse_sizes(std::string_view text) {
  const auto dash = text.find('-');
  const auto min = parse_size(text.substr(0, dash));
  if (!min.ok()) return min.status();
  if (dash == text.npos) return SizeRange{*min, *min};
  const auto max = parse_size(text.substr(dash + 1));
  if (!max.ok()) return max.status();
  return SizeRange{*min, *max};
}

absl::StatusOr<Mode> parse_mode(std::string_view text) {
  for (const auto& [mode, name] : kModes) {
    if (name == text) return mode;
  }
  return error(StatusCode::kInvalidArgument, "mode \"{}\": allowed are echo, idle, churn", text);
}

std::string_view name_of(Mode mode) {
  for (const auto& [known, name] : kModes) {
    if (known == mode) return name;
  }
  return "unknown";
}

absl::StatusOr<ProxyVersion> parse_proxy_version(std::string_view text) {
  if (text == "v1") return ProxyVersion::v1;
  if (text == "v2") return ProxyVersion::v2;
  return error(StatusCode::kInvalidArgument, "PROXY header \"{}\": allowed are v1, v2", text);
}

absl::Status Options::validate() const {
  constexpr std::size_t kMaxPayload = 16 * 1024 * 1024;
  if (connections == 0) return error(StatusCode::kInvalidArgument, "connections: at least 1");
  if (in_flight == 0) return error(StatusCode::kInvalidArgument, "in-flight: at least 1");
  if (threads == 0 || threads > 64 || threads > connections) {
    return error(StatusCode::kInvalidArgument, "threads: 1 to 64, and no more than connections");
  }
  if (rate < 0 || connect_rate < 0) {
    return error(StatusCode::kInvalidArgument, "rate, connect-rate: not below 0");
  }
  if (rate > 0 && mode != Mode::echo) {
    return error(StatusCode::kInvalidArgument, "rate: only with mode echo");
  }
  if (payload.min == 0 || payload.min > payload.max || payload.max > kMaxPayload) {
    return error(StatusCode::kInvalidArgument, "payload: 1 byte to 16 MiB, the smaller one first");
  }
  const auto fixed = envelope.fixed_size();
  if (fixed && (payload.min != *fixed || payload.max != *fixed)) {
    return error(StatusCode::kInvalidArgument, "payload: this framing fixes it at {} bytes",
                 *fixed);
  }
  if (payload.max > envelope.max_payload()) {
    return error(StatusCode::kInvalidArgument, "payload: this framing carries at most {} bytes",
                 envelope.max_payload());
  }
  if (!tls && !tls_ca.empty()) {
    return error(StatusCode::kInvalidArgument, "tls-ca: only with tls");
  }
  if (tls && tls_ca.empty() && !is_loopback(target.host)) {
    return error(
        StatusCode::kInvalidArgument,
        "tls: without tls-ca nobody verifies the certificate of {}, which is allowed on the "
        "loopback alone",
        target.host);
  }
  return absl::OkStatus();
}

}  // namespace waymark::load
