// What a TLS client trusts and shows: the files that hold it, and what was read from them.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace waymark::net {

// PEM files.
struct TlsClientFiles {
  std::string ca;           // of the CAs that sign servers; empty: those of the system
  std::string certificate;  // the client's, and those up to its CA; empty: it shows none
  std::string key;          // of the certificate

  friend bool operator==(const TlsClientFiles&, const TlsClientFiles&) = default;
};

// The text of such files. `key` is a secret.
struct TlsClientPem {
  std::string ca;
  std::string certificate;
  std::string key;

  friend bool operator==(const TlsClientPem&, const TlsClientPem&) = default;
};

// What is read can be used as it is. An error names the file and what is wrong with it.
[[nodiscard]] absl::StatusOr<TlsClientPem> read_tls_client(const TlsClientFiles& files);

}  // namespace waymark::net
