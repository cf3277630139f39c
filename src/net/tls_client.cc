#include "net/tls_client.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <new>
#include <string_view>

#include "base/file.h"
#include "base/status.h"
#include "net/tls_context.h"

namespace waymark::net {
namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;  // of a file

struct Freed {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Freed>;
using Certificate = std::unique_ptr<X509, Freed>;
using Key = std::unique_ptr<EVP_PKEY, Freed>;

absl::Status file_error(std::string_view file) {
  return error(absl::StatusCode::kInvalidArgument, "{}: {}", file, take_openssl_error());
}

Bio open_text(const std::string& text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) throw std::bad_alloc();
  return bio;
}

// The first certificate of `text`; an error if there is none, or if one behind it cannot be read.
absl::StatusOr<Certificate> first_certificate(const std::string& file, const std::string& text) {
  const Bio bio = open_text(text);
  Certificate first(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_password, nullptr));
  if (!first) return file_error(file);
  while (Certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_password, nullptr))) {
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return file_error(file);
  ERR_clear_error();
  return first;
}

absl::Status check_pair(const TlsClientFiles& files, const TlsClientPem& pem) {
  const auto certificate = first_certificate(files.certificate, pem.certificate);
  if (!certificate.ok()) return certificate.status();
  const Bio bio = open_text(pem.key);
  bool password_wanted = false;
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &password_wanted));
  if (password_wanted) {
    return error(absl::StatusCode::kInvalidArgument, "{}: wants a password", files.key);
  }
  if (!key || X509_check_private_key(certificate->get(), key.get()) != 1) {
    return file_error(files.key);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsClientPem> read_tls_client(const TlsClientFiles& files) {
  ERR_clear_error();
  TlsClientPem pem;
  for (const auto& [file, text] :
       {std::pair(&files.ca, &pem.ca), std::pair(&files.certificate, &pem.certificate),
        std::pair(&files.key, &pem.key)}) {
    if (file->empty()) continue;
    absl::StatusOr<std::string> read = read_file(*file, kMostBytes);
    if (!read.ok()) return absl::InvalidArgumentError(read.status().message());
    *text = *std::move(read);
  }
  if (!files.ca.empty()) {
    if (const auto ca = first_certificate(files.ca, pem.ca); !ca.ok()) return ca.status();
  }
  if (!files.certificate.empty()) {
    if (absl::Status pair = check_pair(files, pem); !pair.ok()) return pair;
  }
  return pem;
}

}  // namespace waymark::net
