// What the configuration says about TLS.
#pragma once

#include <string>

#include "app/config_schema.h"
#include "proxy/settings.h"

namespace waymark::app {

[[nodiscard]] proxy::TlsSettings tls_of(const schema::ListenerTls& in);

// What is wrong with it, also in the files it names; empty: nothing.
[[nodiscard]] std::string problem_of(const proxy::TlsSettings& tls);

}  // namespace waymark::app
