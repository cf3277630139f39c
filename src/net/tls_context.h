// What a server shows and asks for in TLS handshakes: certificates with their keys, and what its
// clients have to prove. Read from files once; never changes, so every thread may use it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

// Of OpenSSL.
struct ssl_ctx_st;
struct ssl_st;
struct x509_st;

namespace waymark::net {

// SHA-256 of a certificate's SubjectPublicKeyInfo in DER.
using SpkiHash = std::array<std::uint8_t, 32>;

enum class TlsVersion : std::uint8_t { tls12, tls13 };

// Whether clients show a certificate.
enum class TlsClientAuth : std::uint8_t { none, optional, require };

struct TlsCertificate {
  std::string certificate;  // PEM file: the server's, and those up to its CA
  std::string key;          // PEM file
  // "a.example", or "*.example" for one more label; none: those the certificate is made out to.
  std::vector<std::string> names;

  friend bool operator==(const TlsCertificate&, const TlsCertificate&) = default;
};

struct TlsServerOptions {
  std::vector<TlsCertificate> certificates;  // the first one is for whoever names none of them
  TlsVersion min_version = TlsVersion::tls12;
  TlsClientAuth client_auth = TlsClientAuth::none;
  // A client's certificate is signed by a CA of this PEM file, and has one of these keys; what is
  // empty is not asked for.
  std::string client_ca;
  std::vector<SpkiHash> pinned_spki;

  friend bool operator==(const TlsServerOptions&, const TlsServerOptions&) = default;
};

class TlsContext {
 public:
  // Reads the files. An error names the file and what is wrong with it.
  [[nodiscard]] static absl::StatusOr<std::shared_ptr<const TlsContext>> load(
      const TlsServerOptions& options);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  // A new connection's, which the context has to outlive; the caller frees it.
  [[nodiscard]] ssl_st* new_connection() const;

 private:
  struct Freed {
    void operator()(ssl_ctx_st* context) const;
  };

  explicit TlsContext(TlsServerOptions options) : options_(std::move(options)) {}
  absl::Status add(const TlsCertificate& certificate);
  absl::Status ask_for_certificates(ssl_ctx_st* context);
  static int on_server_name(ssl_st* connection, int* alert, void* self);
  // The one for a server name in lower case; null: none.
  [[nodiscard]] ssl_ctx_st* find(std::string_view name) const;

  TlsServerOptions options_;
  std::vector<std::unique_ptr<ssl_ctx_st, Freed>> contexts_;  // one a certificate
  std::vector<std::pair<std::string, std::size_t>> names_;    // in lower case, of contexts_
};

// Of the certificate's key.
[[nodiscard]] SpkiHash spki_hash(const x509_st* certificate);

// Reads 64 hexadecimal digits, or base64 of 32 bytes.
[[nodiscard]] std::optional<SpkiHash> parse_spki(std::string_view text);

// What OpenSSL says of the errors on this thread, the first one, which it forgets: "bad decrypt".
[[nodiscard]] std::string take_openssl_error();

// A pem_password_cb that has none: nobody is asked for one, on whatever terminal. `wanted`: null,
// or a bool that becomes true.
int no_password(char* buffer, int size, int writing, void* wanted);

}  // namespace waymark::net
