// A block of addresses: "192.0.2.0/24", "2001:db8::/32", or one address.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "net/address.h"

namespace waymark::net {

class Cidr {
 public:
  // InvalidArgument, naming what is allowed. Bits behind the prefix must be 0.
  [[nodiscard]] static absl::StatusOr<Cidr> parse(std::string_view text);

  // An IPv4 client of a dual-stack socket is an IPv4 address.
  [[nodiscard]] bool contains(const Address& address) const;

  friend bool operator==(const Cidr&, const Cidr&) = default;

 private:
  std::array<std::uint8_t, 16> network_{};  // IPv4 as ::ffff:a.b.c.d
  int prefix_ = 128;                        // bits of those
};

}  // namespace waymark::net
