#include "proxy/admission.h"

#include <algorithm>

namespace waymark::proxy {
namespace {

constexpr int kMappedBits = 96;  // ::ffff:0:0/96, where IPv4 lies

bool is_v4(const std::array<std::uint8_t, 16>& source) {
  return std::all_of(source.begin(), source.begin() + 10, [](auto byte) { return byte == 0; }) &&
         source[10] == 0xff && source[11] == 0xff;
}

bool is_loopback(const std::array<std::uint8_t, 16>& source) {
  if (is_v4(source)) return source[12] == 127;
  return std::all_of(source.begin(), source.end() - 1, [](auto byte) { return byte == 0; }) &&
         source[15] == 1;
}

}  // namespace

std::string_view Admission::limit_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::uncounted:
    case Verdict::counted:
      return {};
    case Verdict::per_source:
      return "max_connections_per_source";
    case Verdict::per_prefix:
      return "max_connections_per_prefix";
    case Verdict::too_fast:
      return "max_new_per_source";
  }
  return {};
}

void Admission::set_rules(const AdmissionSettings& rules) {
  const bool same_prefixes = rules.source_prefix_v4 == rules_.source_prefix_v4 &&
                             rules.source_prefix_v6 == rules_.source_prefix_v6;
  rules_ = rules;
  if (rules.max_new_per_source == 0) rates_.clear();
  if (same_prefixes) return;
  prefixes_.clear();
  for (const auto& [source, count] : sources_) prefixes_[prefix_of(source)] += count;
}

Admission::Verdict Admission::admit(const net::Address& source, std::uint64_t now) {
  const bool counts =
      rules_.max_connections_per_source > 0 || rules_.max_connections_per_prefix > 0;
  if (!counts && rules_.max_new_per_source == 0) return Verdict::uncounted;
  if (is_free(source)) return Verdict::uncounted;
  const Key key = source.bytes();
  if (is_too_fast(key, now)) return Verdict::too_fast;
  if (!counts) return Verdict::uncounted;
  const Key prefix = prefix_of(key);
  const auto is_full = [](std::size_t count, std::size_t most) {
    return most > 0 && count >= most;
  };
  if (is_full(count_of(sources_, key), rules_.max_connections_per_source)) {
    return Verdict::per_source;
  }
  if (is_full(count_of(prefixes_, prefix), rules_.max_connections_per_prefix)) {
    return Verdict::per_prefix;
  }
  ++sources_[key];
  ++prefixes_[prefix];
  ++connections_;
  return Verdict::counted;
}

void Admission::leave(const net::Address& source) {
  const Key key = source.bytes();
  take_one(sources_, key);
  take_one(prefixes_, prefix_of(key));
  --connections_;
}

std::size_t Admission::count_of(const Counts& counts, const Key& key) {
  const auto at = counts.find(key);
  return at == counts.end() ? 0 : at->second;
}

void Admission::take_one(Counts& counts, const Key& key) {
  const auto at = counts.find(key);
  if (--at->second == 0) counts.erase(at);
}

Admission::Key Admission::prefix_of(const Key& source) const {
  const int bits = is_v4(source) ? kMappedBits + rules_.source_prefix_v4 : rules_.source_prefix_v6;
  Key prefix = source;
  for (int byte = 0; byte < 16; ++byte) {
    const int kept = std::clamp(bits - 8 * byte, 0, 8);
    prefix[static_cast<std::size_t>(byte)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return prefix;
}

bool Admission::is_free(const net::Address& source) const {
  return is_loopback(source.bytes()) ||
         std::ranges::any_of(rules_.exempt,
                             [&](const net::Cidr& block) { return block.contains(source); });
}

// Who has an IPv6 network has as many addresses as he likes.
bool Admission::is_too_fast(const Key& source, std::uint64_t now) {
  if (rules_.max_new_per_source == 0) return false;
  return !rates_.take(is_v4(source) ? source : prefix_of(source), rules_.max_new_per_source, now);
}

}  // namespace waymark::proxy
