// The PROXY header a balancer would send before a client's own bytes.
// https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
//
// Written apart from src/identity on purpose, as load/envelope.h is from src/frame.
#pragma once

#include <cstdint>
#include <string>

namespace waymark::load {

enum class ProxyVersion : std::uint8_t { v1, v2 };

// Each connection has a client of its own, in 198.18.0.0/15, which RFC 2544 gives to benchmarks.
[[nodiscard]] std::string proxy_header(ProxyVersion version, std::uint32_t connection);

}  // namespace waymark::load
