#include "admin/tls_credentials.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <new>
#include <type_traits>

#include "base/file.h"
#include "base/status.h"

namespace waymark::admin {
namespace {

constexpr std::size_t kMaxFile = 1024 * 1024;  // bytes

gnutls_datum_t datum_of(std::string& text) {
  return {reinterpret_cast<unsigned char*>(text.data()), static_cast<unsigned>(text.size())};
}

absl::Status file_error(std::string_view file, std::string_view problem) {
  return error(absl::StatusCode::kInvalidArgument, "{}: {}", file, problem);
}

struct FreePrivateKey {
  void operator()(gnutls_x509_privkey_t key) const { gnutls_x509_privkey_deinit(key); }
};
using PrivateKey = std::unique_ptr<std::remove_pointer_t<gnutls_x509_privkey_t>, FreePrivateKey>;

// What is wrong with each of them alone, so that the error names the right one.
absl::Status check(const TlsOptions& options, std::string& certificate, std::string& key) {
  const gnutls_datum_t certificate_text = datum_of(certificate);
  gnutls_x509_crt_t* chain = nullptr;
  unsigned count = 0;
  if (gnutls_x509_crt_list_import2(&chain, &count, &certificate_text, GNUTLS_X509_FMT_PEM, 0) < 0) {
    return file_error(options.certificate, "there is no certificate in it that can be read");
  }
  for (unsigned i = 0; i < count; ++i) gnutls_x509_crt_deinit(chain[i]);
  gnutls_free(chain);

  gnutls_x509_privkey_t made = nullptr;
  if (gnutls_x509_privkey_init(&made) < 0) throw std::bad_alloc();
  const PrivateKey owned(made);
  const gnutls_datum_t key_text = datum_of(key);
  const int imported =
      gnutls_x509_privkey_import2(made, &key_text, GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (imported == GNUTLS_E_DECRYPTION_FAILED) {
    return file_error(options.key, "the key wants a password; only one without is taken");
  }
  if (imported < 0)
    return file_error(options.key, "there is no private key in it that can be read");
  return absl::OkStatus();
}

// Neither GnuTLS nor libmicrohttpd tells a client why its handshake has failed.
int refuse(gnutls_session_t session, gnutls_alert_description_t why) {
  gnutls_alert_send(session, GNUTLS_AL_FATAL, why);
  return GNUTLS_E_CERTIFICATE_ERROR;
}

// In the handshake, with the client's list of certificates. One without any has no more than the
// lengths of two empty lists in it, and would be refused by GNUTLS_CERT_REQUIRE next.
int look_at_certificates(gnutls_session_t session, unsigned, unsigned, unsigned incoming,
                         const gnutls_datum_t* message) {
  constexpr unsigned kLengths = 4;  // bytes
  if (incoming == 0 || message->size > kLengths) return 0;
  return refuse(session, GNUTLS_A_CERTIFICATE_REQUIRED);
}

gnutls_alert_description_t alert_for(unsigned status) {
  if ((status & GNUTLS_CERT_EXPIRED) != 0) return GNUTLS_A_CERTIFICATE_EXPIRED;
  if ((status & GNUTLS_CERT_SIGNER_NOT_FOUND) != 0) return GNUTLS_A_UNKNOWN_CA;
  return GNUTLS_A_BAD_CERTIFICATE;
}

// In the handshake, once the client has shown a certificate. Other than 0 ends it.
int verify_client(gnutls_session_t session) {
  std::string purpose = GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_typed_vdata_st asked{GNUTLS_DT_KEY_PURPOSE_OID,
                              reinterpret_cast<unsigned char*>(purpose.data()), 0};
  unsigned status = 0;
  const int fault = gnutls_certificate_verify_peers(session, &asked, 1, &status);
  if (fault == 0 && status == 0) return 0;
  return refuse(session, alert_for(status));
}

}  // namespace

TlsCredentials::~TlsCredentials() {
  if (credentials_ != nullptr) gnutls_certificate_free_credentials(credentials_);
  if (versions_ != nullptr) gnutls_priority_deinit(versions_);
}

absl::StatusOr<TlsCredentialsPtr> TlsCredentials::load(const TlsOptions& options) {
  std::shared_ptr<TlsCredentials> made(new TlsCredentials);
  if (absl::Status status = made->read(options); !status.ok()) return status;
  return made;
}

absl::Status TlsCredentials::read(const TlsOptions& options) {
  const char* versions = options.min_version == TlsVersion::tls13
                             ? "NORMAL:-VERS-ALL:+VERS-TLS1.3"
                             : "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
  if (const int fault = gnutls_priority_init(&versions_, versions, nullptr); fault < 0) {
    return error(absl::StatusCode::kInternal, "GnuTLS has no {}: {}", versions,
                 gnutls_strerror(fault));
  }
  if (gnutls_certificate_allocate_credentials(&credentials_) < 0) throw std::bad_alloc();

  auto certificate = read_file(options.certificate, kMaxFile);
  if (!certificate.ok()) return certificate.status();
  auto key = read_file(options.key, kMaxFile);
  if (!key.ok()) return key.status();
  if (absl::Status sound = check(options, *certificate, *key); !sound.ok()) return sound;
  const gnutls_datum_t certificate_text = datum_of(*certificate);
  const gnutls_datum_t key_text = datum_of(*key);
  const int fault = gnutls_certificate_set_x509_key_mem(credentials_, &certificate_text, &key_text,
                                                        GNUTLS_X509_FMT_PEM);
  if (fault == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
    return file_error(options.key,
                      "it is not the key of the certificate in " + options.certificate);
  }
  if (fault < 0) return file_error(options.certificate, gnutls_strerror(fault));

  if (options.client_ca.empty()) return absl::OkStatus();
  auto authorities = read_file(options.client_ca, kMaxFile);
  if (!authorities.ok()) return authorities.status();
  const gnutls_datum_t authorities_text = datum_of(*authorities);
  if (gnutls_certificate_set_x509_trust_mem(credentials_, &authorities_text, GNUTLS_X509_FMT_PEM) <=
      0) {
    return file_error(options.client_ca, "there is no certificate in it that can be read");
  }
  asks_clients_ = true;
  return absl::OkStatus();
}

void TlsCredentials::give_to(gnutls_session_t session) const {
  // Credentials last: without them there is no handshake.
  if (gnutls_priority_set(session, versions_) < 0) return;
  if (asks_clients_) {
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_function(session, verify_client);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CERTIFICATE_PKT, GNUTLS_HOOK_PRE,
                                       look_at_certificates);
  }
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_);
}

}  // namespace waymark::admin
