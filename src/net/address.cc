#include "net/address.h"

#include <arpa/inet.h>

#include <cstring>

#include "base/status.h"

namespace waymark::net {

absl::StatusOr<Address> Address::from_numeric(std::string_view host, std::uint16_t port) {
  const std::string text(host);
  Address address;
  sockaddr_in v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&address.storage_, &v4, sizeof v4);
    return address;
  }
  if (inet_pton(AF_INET6, text.c_str(), &address.storage_.sin6_addr) == 1) {
    address.storage_.sin6_family = AF_INET6;
    address.storage_.sin6_port = htons(port);
    return address;
  }
  return error(absl::StatusCode::kInvalidArgument,
               "'{}' is not a numeric address, allowed: an IPv4 or IPv6 address", host);
}

Address Address::from_bytes(const std::array<std::uint8_t, 16>& host, bool v6, std::uint16_t port) {
  Address address;
  if (v6) {
    address.storage_.sin6_family = AF_INET6;
    std::memcpy(&address.storage_.sin6_addr, host.data(), host.size());
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, host.data(), sizeof v4.sin_addr);
    std::memcpy(&address.storage_, &v4, sizeof v4);
  }
  address.storage_.sin6_port = htons(port);
  return address;
}

Address Address::local_of(int fd) {
  Address address;
  socklen_t size = sizeof address.storage_;
  if (getsockname(fd, address.get(), &size) != 0) return Address();
  return address;
}

std::string Address::host() const {
  char text[INET6_ADDRSTRLEN] = "?";
  if (family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage_, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (IN6_IS_ADDR_V4MAPPED(&storage_.sin6_addr)) {
    inet_ntop(AF_INET, storage_.sin6_addr.s6_addr + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, &storage_.sin6_addr, text, sizeof text);
  }
  return text;
}

std::string Address::to_string() const {
  const std::string text = host();
  return text.find(':') == std::string::npos ? fmt::format("{}:{}", text, port())
                                             : fmt::format("[{}]:{}", text, port());
}

std::array<std::uint8_t, 16> Address::bytes() const {
  std::array<std::uint8_t, 16> bytes{};
  if (family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage_, sizeof v4);
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes.data() + 12, &v4.sin_addr, sizeof v4.sin_addr);
  } else {
    std::memcpy(bytes.data(), &storage_.sin6_addr, bytes.size());
  }
  return bytes;
}

// The port lies at the same place in both families.
std::uint16_t Address::port() const { return ntohs(storage_.sin6_port); }

socklen_t Address::size() const {
  return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

}  // namespace waymark::net
