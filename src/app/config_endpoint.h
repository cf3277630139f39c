// An address and a port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace waymark::app {

struct Endpoint {
  std::string host;  // without brackets
  std::uint16_t port = 0;

  // "127.0.0.1:80", "[::1]:80"
  [[nodiscard]] std::string to_string() const;

  // Whether only this machine can be at the other end.
  [[nodiscard]] bool is_loopback() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Reads "1.2.3.4:80" and "[::1]:80", port 0 allowed. The host comes back in its canonical form.
[[nodiscard]] absl::StatusOr<Endpoint> parse_bind(std::string_view text);

// As parse_bind(), but the host may also be a DNS name (comes back in lower case) and the port may
// not be 0.
[[nodiscard]] absl::StatusOr<Endpoint> parse_host_port(std::string_view text);

}  // namespace waymark::app
