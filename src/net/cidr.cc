#include "net/cidr.h"

#include <charconv>

#include "base/status.h"

namespace waymark::net {
namespace {

constexpr int kMappedBits = 96;

bool has_bit(const std::array<std::uint8_t, 16>& bytes, int bit) {
  return (bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0;
}

}  // namespace

absl::StatusOr<Cidr> Cidr::parse(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return error(absl::StatusCode::kInvalidArgument,
                 "'{}' {}, allowed: an address, or a network as 192.0.2.0/24", text, why);
  };
  const std::size_t slash = text.find('/');
  const auto address = Address::from_numeric(text.substr(0, slash), 0);
  if (!address.ok()) return refuse("is no block of addresses");
  Cidr cidr;
  cidr.network_ = address->bytes();
  if (slash == std::string_view::npos) return cidr;
  const int before = address->family() == AF_INET ? kMappedBits : 0;
  const std::string_view digits = text.substr(slash + 1);
  int prefix = -1;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (problem != std::errc() || end != digits.data() + digits.size() || prefix < 0 ||
      before + prefix > 128) {
    return refuse("has no such prefix");
  }
  cidr.prefix_ = before + prefix;
  for (int bit = cidr.prefix_; bit < 128; ++bit) {
    if (has_bit(cidr.network_, bit)) return refuse("has bits behind its prefix");
  }
  return cidr;
}

bool Cidr::contains(const Address& address) const {
  const auto bytes = address.bytes();
  for (int bit = 0; bit < prefix_; ++bit) {
    if (has_bit(bytes, bit) != has_bit(network_, bit)) return false;
  }
  return true;
}

}  // namespace waymark::net
