#include "sdk/credentials.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "base/status.h"

namespace waymark::sdk {
namespace {

absl::StatusOr<std::string> read_file(const std::string& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (stream && !text.empty()) return text;
  return error(absl::StatusCode::kInvalidArgument, "tls: {}: {}", file,
               errno != 0 ? std::strerror(errno) : "empty");
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> make_credentials(
    const std::optional<UpstreamTlsOptions>& tls) {
  if (!tls) return grpc::InsecureServerCredentials();
  if (tls->certificate.empty() || tls->key.empty()) {
    return absl::InvalidArgumentError("tls: certificate and key are both due");
  }
  auto certificate = read_file(tls->certificate);
  if (!certificate.ok()) return certificate.status();
  auto key = read_file(tls->key);
  if (!key.ok()) return key.status();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({*std::move(key), *std::move(certificate)});
  if (!tls->client_ca.empty()) {
    auto client_ca = read_file(tls->client_ca);
    if (!client_ca.ok()) return client_ca.status();
    options.pem_root_certs = *std::move(client_ca);
    options.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return grpc::SslServerCredentials(options);
}

}  // namespace waymark::sdk
