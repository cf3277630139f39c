// A layout may hold contexts and what clients show; that of the model has none.
#include "net/tls_client.h"
#include "net/tls_context.h"

namespace waymark::net {

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsServerOptions&) {
  return absl::UnimplementedError("the model talks no TLS");
}

absl::StatusOr<TlsClientPem> read_tls_client(const TlsClientFiles&) {
  return absl::UnimplementedError("the model talks no TLS");
}

TlsContext::~TlsContext() = default;

void TlsContext::Freed::operator()(ssl_ctx_st*) const {}

}  // namespace waymark::net
