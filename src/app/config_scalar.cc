#include "app/config_scalar.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

#include "app/config_endpoint.h"
#include "app/config_error.h"
#include "base/status.h"
#include "identity/rule.h"
#include "net/cidr.h"
#include "net/tls_context.h"

namespace waymark::app {
namespace {

using Rule = schema::Rule;

struct Suffix {
  std::string_view text;
  std::int64_t factor;
};

constexpr Suffix kDurations[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
constexpr Suffix kSizes[] = {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
constexpr Suffix kPlain[] = {{"", 1}};
constexpr Suffix kPercent[] = {{"%", 1}};

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxPair = 1024;

// Digits and then one of `suffixes`, nothing between them.
std::optional<std::int64_t> parse_scaled(std::string_view text, std::span<const Suffix> suffixes) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Suffix& suffix : suffixes) {
    if (suffix.text != rest) continue;
    std::int64_t value = 0;
    if (__builtin_mul_overflow(number, suffix.factor, &value)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_natural(std::string_view text, std::span<const Suffix> suffixes) {
  const std::optional<std::int64_t> value = parse_scaled(text, suffixes);
  return value && *value >= 0 && !text.starts_with('-') ? value : std::nullopt;
}

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  const std::optional<std::int64_t> millis = parse_natural(text, kDurations);
  if (!millis || *millis % 1'000 != 0) return std::nullopt;
  return *millis / 1'000;
}

std::optional<std::int64_t> parse_memory(std::string_view text, const Machine& machine) {
  const std::optional<std::int64_t> percent = parse_natural(text, kPercent);
  if (!percent) return parse_natural(text, kSizes);
  if (*percent < 1 || *percent > 100) return std::nullopt;
  return static_cast<std::int64_t>(machine.memory_bytes / 100) * *percent;
}

// How a value of `unit` is written.
std::string_view form_of(Rule::Unit unit) {
  switch (unit) {
    case Rule::UNIT_COUNT:
      return "a whole number";
    case Rule::UNIT_INTEGER:
      return "a whole number, perhaps negative";
    case Rule::UNIT_DURATION:
      return "a duration such as 500ms, 30s, 2m or 1h";
    case Rule::UNIT_SECONDS:
      return "a duration of whole seconds such as 30s, 2m or 1h";
    case Rule::UNIT_SIZE:
      return "a size such as 4096, 64KiB or 1MiB";
    case Rule::UNIT_MEMORY:
      return "a size such as 512MiB or 2GiB, or a share from 1% to 100%";
    case Rule::UNIT_NAME:
      return "a name: 1 to 64 letters, digits, \"-\", \"_\" or \".\"";
    case Rule::UNIT_PATH:
      return "an absolute path";
    case Rule::UNIT_BYTES:
      return R"(text of at least one byte, with \n \r \t \0 \\ and \xNN as its only escapes)";
    case Rule::UNIT_UUID:
      return "a UUID such as 6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    case Rule::UNIT_PAIR:
      return "key=value, the key of lower-case letters, digits, \"-\", \"_\" and \".\", the value "
             "of "
             "printable ASCII";
    case Rule::UNIT_TLS_VERSION:
      return "1.2 or 1.3";
    case Rule::UNIT_SPKI:
      return "the SHA-256 of a public key: 64 hexadecimal digits, or base64 of 32 bytes";
    case Rule::UNIT_SERVER_NAME:
      return "a DNS name such as a.example or \"*.example\"";
    default:
      return "a value";
  }
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

// What gRPC takes as metadata; "-bin" keys hold what YAML cannot.
bool is_pair(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || text.size() > kMaxPair) return false;
  const std::string_view key = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  return !key.starts_with("grpc-") && !key.ends_with("-bin") &&
         std::all_of(key.begin(), key.end(),
                     [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                              c == '_' || c == '.';
                     }) &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_server_name(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  return !text.empty() && text.size() <= 253 && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

bool is_path(std::string_view text) {
  return text.starts_with('/') && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20;
         });
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case '0':
        out.push_back('\0');
        break;
      case '\\':
        out.push_back('\\');
        break;
      case 'x': {
        unsigned char byte = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto [end, failure] =
            std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (failure != std::errc() || end != digits.data() + 2) return std::nullopt;
        out.push_back(static_cast<char>(byte));
        i += 2;
        break;
      }
      default:
        return std::nullopt;
    }
  }
  if (out.empty()) return std::nullopt;
  return out;
}

absl::Status malformed(Rule::Unit unit, std::string_view text) {
  return error(absl::StatusCode::kInvalidArgument, "{} is not {}", quoted(text), form_of(unit));
}

}  // namespace

absl::StatusOr<std::int64_t> parse_number(Rule::Unit unit, std::string_view text,
                                          const Machine& machine) {
  std::optional<std::int64_t> value;
  switch (unit) {
    case Rule::UNIT_COUNT:
      value = parse_natural(text, kPlain);
      break;
    case Rule::UNIT_INTEGER:
      value = parse_scaled(text, kPlain);
      break;
    case Rule::UNIT_DURATION:
      value = parse_natural(text, kDurations);
      break;
    case Rule::UNIT_SECONDS:
      value = parse_seconds(text);
      break;
    case Rule::UNIT_SIZE:
      value = parse_natural(text, kSizes);
      break;
    case Rule::UNIT_MEMORY:
      value = parse_memory(text, machine);
      break;
    default:
      break;
  }
  if (!value) return malformed(unit, text);
  return *value;
}

absl::StatusOr<std::string> parse_text(Rule::Unit unit, std::string_view text) {
  switch (unit) {
    case Rule::UNIT_NAME:
      if (!is_name(text)) return malformed(unit, text);
      break;
    case Rule::UNIT_PATH:
      if (!is_path(text)) return malformed(unit, text);
      break;
    case Rule::UNIT_BIND:
      if (auto endpoint = parse_bind(text); !endpoint.ok()) return endpoint.status();
      break;
    case Rule::UNIT_HOST_PORT:
      if (auto endpoint = parse_host_port(text); !endpoint.ok()) return endpoint.status();
      break;
    case Rule::UNIT_BYTES:
      if (std::optional<std::string> bytes = unescape(text)) return *std::move(bytes);
      return malformed(unit, text);
    case Rule::UNIT_CIDR:
      if (auto block = net::Cidr::parse(text); !block.ok()) return block.status();
      break;
    case Rule::UNIT_UUID:
      if (!Mark::parse(text)) return malformed(unit, text);
      break;
    case Rule::UNIT_REGEX:
      if (auto pattern = identity::pattern_of(text); !pattern.ok()) return pattern.status();
      break;
    case Rule::UNIT_JSON_POINTER:
      if (auto pointer = identity::pointer_of(text); !pointer.ok()) return pointer.status();
      break;
    case Rule::UNIT_PAIR:
      if (!is_pair(text)) return malformed(unit, text);
      break;
    case Rule::UNIT_TLS_VERSION:
      if (text != "1.2" && text != "1.3") return malformed(unit, text);
      break;
    case Rule::UNIT_SPKI:
      if (!net::parse_spki(text)) return malformed(unit, text);
      break;
    case Rule::UNIT_SERVER_NAME:
      if (!is_server_name(text)) return malformed(unit, text);
      break;
    default:
      break;
  }
  return std::string(text);
}

std::string format_number(Rule::Unit unit, std::int64_t value) {
  std::span<const Suffix> suffixes = kPlain;
  if (unit == Rule::UNIT_DURATION || unit == Rule::UNIT_SECONDS) suffixes = kDurations;
  if (unit == Rule::UNIT_SIZE || unit == Rule::UNIT_MEMORY) suffixes = kSizes;
  if (unit == Rule::UNIT_SECONDS) value *= 1'000;
  if (value == 0 && unit != Rule::UNIT_DURATION && unit != Rule::UNIT_SECONDS) return "0";
  const Suffix* best = &suffixes.front();
  for (const Suffix& suffix : suffixes) {
    if (value % suffix.factor == 0 && (value != 0 || suffix.text == "s")) best = &suffix;
  }
  return std::to_string(value / best->factor) + std::string(best->text);
}

std::string format_text(Rule::Unit unit, std::string_view value) {
  if (unit != Rule::UNIT_BYTES) return std::string(value);
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view name_of(Rule::Unit unit) {
  switch (unit) {
    case Rule::UNIT_COUNT:
    case Rule::UNIT_INTEGER:
      return "number";
    case Rule::UNIT_DURATION:
    case Rule::UNIT_SECONDS:
      return "duration";
    case Rule::UNIT_SIZE:
      return "size";
    case Rule::UNIT_MEMORY:
      return "size or percent";
    case Rule::UNIT_NAME:
      return "name";
    case Rule::UNIT_PATH:
      return "absolute path";
    case Rule::UNIT_BIND:
      return "address:port";
    case Rule::UNIT_HOST_PORT:
      return "host:port";
    case Rule::UNIT_BYTES:
      return "text with escapes";
    case Rule::UNIT_CIDR:
      return "address or network";
    case Rule::UNIT_UUID:
      return "UUID";
    case Rule::UNIT_REGEX:
      return "regular expression";
    case Rule::UNIT_JSON_POINTER:
      return "JSON pointer";
    case Rule::UNIT_PAIR:
      return "key=value";
    case Rule::UNIT_TLS_VERSION:
      return "version";
    case Rule::UNIT_SPKI:
      return "SHA-256";
    case Rule::UNIT_SERVER_NAME:
      return "server name";
    default:
      return "text";
  }
}

}  // namespace waymark::app
