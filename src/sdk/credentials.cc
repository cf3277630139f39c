#include "sdk/credentials.h"

#include <cstddef>
#include <string>

#include "base/file.h"
#include "base/status.h"

namespace waymark::sdk {
namespace {

constexpr std::size_t kMaxFile = 1024 * 1024;  // bytes

absl::StatusOr<std::string> read_pem(const std::string& file) {
  auto text = read_file(file, kMaxFile);
  if (!text.ok()) {
    return error(absl::StatusCode::kInvalidArgument, "tls: {}", message_of(text.status()));
  }
  if (text->empty()) return error(absl::StatusCode::kInvalidArgument, "tls: {}: empty", file);
  return text;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> make_credentials(
    const std::optional<UpstreamTlsOptions>& tls) {
  if (!tls) return grpc::InsecureServerCredentials();
  if (tls->certificate.empty() || tls->key.empty()) {
    return absl::InvalidArgumentError("tls: certificate and key are both due");
  }
  auto certificate = read_pem(tls->certificate);
  if (!certificate.ok()) return certificate.status();
  auto key = read_pem(tls->key);
  if (!key.ok()) return key.status();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({*std::move(key), *std::move(certificate)});
  if (!tls->client_ca.empty()) {
    auto client_ca = read_pem(tls->client_ca);
    if (!client_ca.ok()) return client_ca.status();
    options.pem_root_certs = *std::move(client_ca);
    options.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return grpc::SslServerCredentials(options);
}

}  // namespace waymark::sdk
