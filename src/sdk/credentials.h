// How an upstream's server is talked to: in plaintext or in TLS.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "waymark/upstream_server.h"

namespace waymark::sdk {

// Reads the files of `tls`. InvalidArgument names the one that cannot be read; what is in them is
// for gRPC to judge.
[[nodiscard]] absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> make_credentials(
    const std::optional<UpstreamTlsOptions>& tls);

}  // namespace waymark::sdk
