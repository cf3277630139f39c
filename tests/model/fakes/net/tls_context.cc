// A layout may hold contexts; that of the model has none.
#include "net/tls_context.h"

namespace waymark::net {

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsServerOptions&) {
  return absl::UnimplementedError("the model talks no TLS");
}

TlsContext::~TlsContext() = default;

void TlsContext::Freed::operator()(ssl_ctx_st*) const {}

}  // namespace waymark::net
