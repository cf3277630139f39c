#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <new>

#include "base/status.h"

namespace waymark::net {
namespace {

using Name = std::pair<std::string, std::size_t>;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

absl::Status file_error(std::string_view file) {
  return error(absl::StatusCode::kInvalidArgument, "{}: {}", file, take_openssl_error());
}

// The names of the certificate for servers, in lower case.
std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS) continue;
    names.push_back(lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                           static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
  }
  GENERAL_NAMES_free(all);
  return names;
}

bool is_pinned(const TlsServerOptions& options, const X509* certificate) {
  const auto& pins = options.pinned_spki;
  return pins.empty() || std::find(pins.begin(), pins.end(), spki_hash(certificate)) != pins.end();
}

// A client's certificate: its CA, then its key.
int verify(X509_STORE_CTX* chain, void* options_pointer) {
  const auto& options = *static_cast<const TlsServerOptions*>(options_pointer);
  if (!options.client_ca.empty() && X509_verify_cert(chain) != 1) return 0;
  if (is_pinned(options, X509_STORE_CTX_get0_cert(chain))) return 1;
  X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fmt::format("error {:#x}", code);
}

int no_password(char*, int, int, void* wanted) {
  if (wanted != nullptr) *static_cast<bool*>(wanted) = true;
  return -1;
}

SpkiHash spki_hash(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  SpkiHash hash{};
  if (size <= 0) return hash;
  EVP_Digest(der, static_cast<std::size_t>(size), hash.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return hash;
}

std::optional<SpkiHash> parse_spki(std::string_view text) {
  constexpr std::size_t kBase64 = 44;
  SpkiHash hash{};
  if (text.size() == 2 * hash.size()) {
    for (std::size_t i = 0; i < hash.size(); ++i) {
      const char* digits = text.data() + 2 * i;
      const auto [end, failure] = std::from_chars(digits, digits + 2, hash[i], 16);
      if (failure != std::errc() || end != digits + 2) return std::nullopt;
    }
    return hash;
  }
  // The last of 33 bytes is the padding.
  std::array<unsigned char, 33> bytes{};
  if (text.size() != kBase64 || !text.ends_with('=') || text.ends_with("==") ||
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), kBase64) !=
          static_cast<int>(bytes.size())) {
    return std::nullopt;
  }
  std::copy_n(bytes.begin(), hash.size(), hash.begin());
  return hash;
}

void TlsContext::Freed::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

TlsContext::~TlsContext() = default;

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::load(
    const TlsServerOptions& options) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext(options));
  for (const TlsCertificate& certificate : options.certificates) {
    if (absl::Status added = made->add(certificate); !added.ok()) return added;
  }
  if (made->contexts_.empty()) {
    return error(absl::StatusCode::kInvalidArgument, "no certificate");
  }
  return made;
}

absl::Status TlsContext::add(const TlsCertificate& certificate) {
  SSL_CTX* context = contexts_.emplace_back(SSL_CTX_new(TLS_server_method())).get();
  if (context == nullptr) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(
      context, options_.min_version == TlsVersion::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  // Sessions are resumed by tickets, which the clients keep.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  SSL_CTX_set_tlsext_servername_callback(context, &TlsContext::on_server_name);
  SSL_CTX_set_tlsext_servername_arg(context, this);

  if (SSL_CTX_use_certificate_chain_file(context, certificate.certificate.c_str()) != 1) {
    return file_error(certificate.certificate);
  }
  bool password_wanted = false;
  SSL_CTX_set_default_passwd_cb_userdata(context, &password_wanted);
  const bool read =
      SSL_CTX_use_PrivateKey_file(context, certificate.key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (password_wanted) {
    return error(absl::StatusCode::kInvalidArgument, "{}: wants a password", certificate.key);
  }
  if (!read || SSL_CTX_check_private_key(context) != 1) return file_error(certificate.key);
  std::vector<std::string> names = certificate.names;
  if (names.empty()) names = names_of(SSL_CTX_get0_certificate(context));
  for (const std::string& name : names) names_.emplace_back(lower(name), contexts_.size() - 1);
  return ask_for_certificates(context);
}

absl::Status TlsContext::ask_for_certificates(SSL_CTX* context) {
  // A session is resumed only where it was begun with the same demands.
  const std::string_view id = "waymark";
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(id.data()),
                                 static_cast<unsigned>(id.size()));
  if (options_.client_auth == TlsClientAuth::none) return absl::OkStatus();
  const bool required = options_.client_auth == TlsClientAuth::require;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify, &options_);
  if (options_.client_ca.empty()) return absl::OkStatus();
  const char* file = options_.client_ca.c_str();
  STACK_OF(X509_NAME)* authorities = SSL_load_client_CA_file(file);
  if (authorities == nullptr) return file_error(options_.client_ca);
  SSL_CTX_set_client_CA_list(context, authorities);
  if (SSL_CTX_load_verify_file(context, file) != 1) return file_error(options_.client_ca);
  return absl::OkStatus();
}

SSL_CTX* TlsContext::find(std::string_view name) const {
  const auto of = [this](std::string_view wanted) -> SSL_CTX* {
    const auto at = std::find_if(names_.begin(), names_.end(),
                                 [&](const Name& known) { return known.first == wanted; });
    return at == names_.end() ? nullptr : contexts_[at->second].get();
  };
  if (SSL_CTX* exact = of(name)) return exact;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  return of("*" + std::string(name.substr(dot)));
}

// The first certificate is there already, for a client that names none or one nobody has.
int TlsContext::on_server_name(SSL* connection, int*, void* self) {
  const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_OK;
  SSL_CTX* context = static_cast<const TlsContext*>(self)->find(lower(name));
  if (context != nullptr) SSL_set_SSL_CTX(connection, context);
  return SSL_TLSEXT_ERR_OK;
}

SSL* TlsContext::new_connection() const {
  SSL* connection = SSL_new(contexts_.front().get());
  if (connection == nullptr) throw std::bad_alloc();
  SSL_set_accept_state(connection);
  return connection;
}

}  // namespace waymark::net
