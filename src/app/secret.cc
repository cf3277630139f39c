#include "app/secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace waymark::app {
namespace {

constexpr std::array<std::string_view, 9> kTelling = {"authorization", "cookie",   "credential",
                                                      "key",           "password", "passwd",
                                                      "session-id",    "secret",   "token"};

std::uint32_t digest_of(std::string_view value) {
  static const std::uint64_t seed = std::random_device()() * 0x9e3779b97f4a7c15U + 1;
  std::uint64_t hash = seed;
  for (const char c : value) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0xbf58476d1ce4e5b9U;
    hash ^= hash >> 31;
  }
  hash = (hash ^ seed) * 0x94d049bb133111ebU;
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

bool is_secret(std::string_view metadata_key) {
  return std::any_of(kTelling.begin(), kTelling.end(), [&](std::string_view telling) {
    return metadata_key.find(telling) != std::string_view::npos;  // keys are in lower case
  });
}

std::string shown_value(std::string_view metadata_key, std::string_view value) {
  if (!is_secret(metadata_key)) return std::string(value);
  return fmt::format("(redacted {:08x})", digest_of(value));
}

}  // namespace waymark::app
