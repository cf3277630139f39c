// What the configuration says about TLS.
#pragma once

#include <string>

#include "admin/tls_credentials.h"
#include "app/config_schema.h"
#include "proxy/settings.h"

namespace waymark::app {

[[nodiscard]] proxy::TlsSettings tls_of(const schema::ListenerTls& in);
[[nodiscard]] proxy::UpstreamTlsSettings tls_of(const schema::PoolTls& in);
[[nodiscard]] admin::TlsOptions tls_of(const schema::HttpTls& in);

// What is wrong with it, also in the files it names; empty: nothing.
[[nodiscard]] std::string problem_of(const proxy::TlsSettings& tls);
[[nodiscard]] std::string problem_of(const proxy::UpstreamTlsSettings& tls);
[[nodiscard]] std::string problem_of(const admin::TlsOptions& tls);

// What keeps frames from being sent to `address`, "host:port", of a pool with or without `tls`;
// empty: nothing does. Plaintext stays on the loopback unless an upstream is `insecure`.
[[nodiscard]] std::string plaintext_problem(const std::string& address, bool tls, bool insecure);

}  // namespace waymark::app
