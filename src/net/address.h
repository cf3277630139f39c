// A numeric TCP address, IPv4 or IPv6.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace waymark::net {

// 28 bytes: kept for every connection.
class Address {
 public:
  Address() = default;

  // `host` is a numeric address without brackets; InvalidArgument otherwise.
  [[nodiscard]] static absl::StatusOr<Address> from_numeric(std::string_view host,
                                                            std::uint16_t port);
  // `host`: the address in network order, of which IPv4 takes the first four bytes.
  [[nodiscard]] static Address from_bytes(const std::array<std::uint8_t, 16>& host, bool v6,
                                          std::uint16_t port);
  [[nodiscard]] static Address local_of(int fd);

  // "192.0.2.1:80", "[2001:db8::1]:80"; an IPv4 client of a dual-stack socket reads as IPv4.
  [[nodiscard]] std::string to_string() const;
  // Without the port and without brackets.
  [[nodiscard]] std::string host() const;
  // In network order; IPv4 as the IPv6 address that maps it, ::ffff:a.b.c.d.
  [[nodiscard]] std::array<std::uint8_t, 16> bytes() const;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] int family() const { return storage_.sin6_family; }

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage_); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const;

 private:
  sockaddr_in6 storage_{};  // large enough for sockaddr_in too
};

}  // namespace waymark::net
