// What the configuration says about TLS.
#pragma once

#include <string>

#include "admin/tls_credentials.h"
#include "app/config_schema.h"
#include "proxy/settings.h"

namespace waymark::app {

[[nodiscard]] proxy::TlsSettings tls_of(const schema::ListenerTls& in);
[[nodiscard]] admin::TlsOptions tls_of(const schema::HttpTls& in);

// What is wrong with it, also in the files it names; empty: nothing.
[[nodiscard]] std::string problem_of(const proxy::TlsSettings& tls);
[[nodiscard]] std::string problem_of(const admin::TlsOptions& tls);

}  // namespace waymark::app
