// What TLS to an upstream is made of. PEM text, not files; `key` is a secret.
#pragma once

#include <memory>
#include <string>

namespace waymark::link {

struct UpstreamTls {
  std::string ca;           // of the CAs that sign upstreams; empty: those of the system
  std::string certificate;  // what upstreams are shown, and those up to its CA; empty: nothing
  std::string key;          // of the certificate
  std::string server_name;  // asked for, and expected; empty: the host of the address

  friend bool operator==(const UpstreamTls&, const UpstreamTls&) = default;
};

// Shared by the links and the probes of a pool, in whatever thread; never changes. Null: plaintext.
using UpstreamTlsPtr = std::shared_ptr<const UpstreamTls>;

}  // namespace waymark::link
