// What an HTTP server shows and asks for in TLS handshakes: its certificate with the key, and what
// its clients have to prove. libmicrohttpd talks TLS with GnuTLS.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

// Of GnuTLS.
struct gnutls_certificate_credentials_st;
struct gnutls_priority_st;
struct gnutls_session_int;

namespace waymark::admin {

enum class TlsVersion : std::uint8_t { tls12, tls13 };

struct TlsOptions {
  std::string certificate;  // PEM file: the server's, and those up to its CA
  std::string key;          // PEM file
  // PEM file: clients have to show a certificate that is signed by a CA of it. Empty: they are not
  // asked for one.
  std::string client_ca;
  TlsVersion min_version = TlsVersion::tls12;

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

// Read from the files once; never changes, so every thread may use it.
class TlsCredentials {
 public:
  // Reads the files. An error names the file and what is wrong with it.
  [[nodiscard]] static absl::StatusOr<std::shared_ptr<const TlsCredentials>> load(
      const TlsOptions& options);
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;
  ~TlsCredentials();

  // Makes them those of a session whose handshake has not begun. They have to outlive it.
  void give_to(gnutls_session_int* session) const;

 private:
  TlsCredentials() = default;
  absl::Status read(const TlsOptions& options);

  gnutls_certificate_credentials_st* credentials_ = nullptr;
  gnutls_priority_st* versions_ = nullptr;
  bool asks_clients_ = false;
};

// Shared, because connections keep those they began with until they end.
using TlsCredentialsPtr = std::shared_ptr<const TlsCredentials>;

// The credentials that new connections get. Thread-safe.
class TlsSlot {
 public:
  [[nodiscard]] TlsCredentialsPtr get() const {
    std::lock_guard lock(mutex_);
    return credentials_;
  }
  void set(TlsCredentialsPtr credentials) {
    std::lock_guard lock(mutex_);
    credentials_ = std::move(credentials);
  }

 private:
  mutable std::mutex mutex_;
  TlsCredentialsPtr credentials_;  // guarded by mutex_
};

}  // namespace waymark::admin
