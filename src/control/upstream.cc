#include "control/upstream.h"

#include <array>
#include <string_view>

#include "waymark/mark.h"

namespace waymark::control {
namespace {

// FNV-1a; a zero byte ends each text, so that none runs into the next.
class NameHash {
 public:
  explicit NameHash(std::uint64_t seed) : hash_(0xcbf29ce484222325 ^ seed) {}
  void add(std::string_view text) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
    mix(0);
  }
  [[nodiscard]] std::uint64_t value() const {
    std::uint64_t x = hash_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

 private:
  void mix(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  std::uint64_t hash_;
};

}  // namespace

std::string_view name_of(Source source) {
  switch (source) {
    case Source::file:
      return "file";
    case Source::api:
      return "api";
    case Source::lease:
      return "lease";
    case Source::dns:
      return "dns";
  }
  return "unknown";
}

bool same_server(const UpstreamSpec& a, const UpstreamSpec& b) {
  return a.pool == b.pool && a.address == b.address && a.metadata == b.metadata;
}

AdminState admin_state_of(std::string_view word) {
  if (word == "drain") return AdminState::drain;
  return word == "maintenance" ? AdminState::maintenance : AdminState::ready;
}

std::string derived_id(const UpstreamSpec& spec) {
  std::array<std::uint8_t, Mark::kSize> bytes{};
  for (std::size_t half = 0; half < 2; ++half) {
    NameHash hash(half);
    hash.add(spec.pool);
    hash.add(spec.address);
    for (const auto& [key, value] : spec.metadata) {
      hash.add(key);
      hash.add(value);
    }
    for (std::size_t i = 0; i < 8; ++i) {
      bytes[half * 8 + i] = static_cast<std::uint8_t>(hash.value() >> (56 - 8 * i));
    }
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  return Mark(bytes).to_string();
}

}  // namespace waymark::control
