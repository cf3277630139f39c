// The PROXY protocol, versions 1 and 2: what a load balancer tells of the client it speaks for.
// https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace waymark::identity {

struct ProxyAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> host{};  // the first four bytes where it is not v6
  std::uint16_t port = 0;

  friend bool operator==(const ProxyAddress&, const ProxyAddress&) = default;
};

struct ProxyHeader {
  // With its TLVs. A sender needs far less; a receiver has to hold it.
  static constexpr std::size_t kMostBytes = 4096;

  enum class Verdict : std::uint8_t { incomplete, accepted, malformed };
  Verdict verdict = Verdict::incomplete;
  std::string_view why;  // malformed: what is wrong; static
  std::size_t size = 0;  // accepted: bytes up to the client's own
  // Accepted: none where the connection is the proxy's own (LOCAL), or of a kind that has no such
  // addresses (UNKNOWN, UNSPEC, AF_UNIX). The connection's own are meant then.
  std::optional<ProxyAddress> source;
  std::optional<ProxyAddress> destination;
  std::string_view tlvs;  // version 2, accepted: all of them, raw; views into what was read

  // The value of the first TLV of this type; views into what was read.
  [[nodiscard]] std::optional<std::string_view> tlv(std::uint8_t type) const;
};

// Gives type and value of each TLV of an accepted header, in order. False: they do not fill `tlvs`
// to its last byte.
bool for_each_tlv(std::string_view tlvs,
                  absl::FunctionRef<void(std::uint8_t type, std::string_view value)> visit);

// Reads the header at the start of `bytes`, which a connection has sent so far. Verdicts other than
// incomplete do not change when more bytes come, and malformed shows as early as it can be told:
// what a client sends without a header is never held to be the start of one.
[[nodiscard]] ProxyHeader read_proxy_header(std::string_view bytes);

}  // namespace waymark::identity
