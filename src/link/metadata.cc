#include "link/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace waymark::link {
namespace {

constexpr std::size_t kPairOverhead = 32;  // as HTTP/2 counts (RFC 9113 section 6.5.2)

// Headers of gRPC and of HTTP, besides all that begin with "grpc-".
constexpr std::array<std::string_view, 12> kReserved = {
    "connection", "content-length",    "content-type",     "host",
    "keep-alive", "lb-token",          "proxy-connection", "te",
    "trailer",    "transfer-encoding", "upgrade",          "user-agent"};

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_printable(char c) { return c >= 0x20 && c <= 0x7e; }

std::string problem_of_pair(std::string_view key, std::string_view value) {
  if (key.empty() || !std::all_of(key.begin(), key.end(), is_key_character)) {
    return fmt::format("metadata key '{}', allowed: characters a-z 0-9 - _ .", key);
  }
  if (key.starts_with("grpc-") ||
      std::find(kReserved.begin(), kReserved.end(), key) != kReserved.end()) {
    return fmt::format("metadata key '{}' is reserved, allowed: keys that gRPC and HTTP do not use",
                       key);
  }
  // gRPC encodes the values of binary keys itself.
  if (!key.ends_with("-bin") && !std::all_of(value.begin(), value.end(), is_printable)) {
    return fmt::format(
        "the value of metadata key '{}', allowed: printable ASCII, or a key that "
        "ends with -bin",
        key);
  }
  return {};
}

}  // namespace

std::string problem_of(const Metadata& metadata) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : metadata) {
    if (std::string problem = problem_of_pair(key, value); !problem.empty()) return problem;
    bytes += key.size() + value.size() + kPairOverhead;
  }
  if (bytes <= kMaxMetadata) return {};
  return fmt::format("metadata of {} bytes, allowed: {} with {} for each pair", bytes, kMaxMetadata,
                     kPairOverhead);
}

}  // namespace waymark::link
