// Who a client is, where that was learned, and the mark that follows from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "waymark/mark.h"

namespace waymark::identity {

enum class Source : std::uint8_t {
  random,  // nobody said anything: the mark is good for this connection alone
  tls_client_certificate,
  proxy_tlv,
  first_frame,
  source_ip,
  upstream,  // an upstream has said so
};
inline constexpr std::size_t kSources = 6;

// How far a mark can be believed.
enum class Trust : std::uint8_t {
  none,
  claimed,  // by the client
  vouched,  // by a load balancer that is believed
  proven,   // by a private key
};

// As in the configuration: "first_frame".
[[nodiscard]] std::string_view name_of(Source source);
[[nodiscard]] std::string_view name_of(Trust trust);

struct Identity {
  static constexpr std::size_t kMostKeyBytes = 255;

  Source source = Source::random;
  Trust trust = Trust::none;
  std::string key;  // empty: random

  friend bool operator==(const Identity&, const Identity&) = default;
};

// The namespace of a configuration that names none: UUIDv5 of "waymark" in the one of DNS.
[[nodiscard]] const Mark& default_namespace();

// The UUIDv5 (RFC 9562, section 5.5) of "source:key" in `space`: the same on every proxy.
[[nodiscard]] Mark derived_mark(const Mark& space, const Identity& identity);
// Of a further connection with the same key, where each is to have a mark of its own: the UUIDv5
// of "source:key#incarnation".
[[nodiscard]] Mark derived_mark(const Mark& space, const Identity& identity,
                                std::uint64_t incarnation);

}  // namespace waymark::identity
