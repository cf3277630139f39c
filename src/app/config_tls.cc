#include "app/config_tls.h"

#include <fmt/format.h>

#include "app/config_endpoint.h"
#include "base/status.h"

namespace waymark::app {
namespace {

net::TlsClientAuth client_auth_of(schema::ClientAuth auth) {
  switch (auth) {
    case schema::CLIENT_AUTH_OPTIONAL:
      return net::TlsClientAuth::optional;
    case schema::CLIENT_AUTH_REQUIRE:
      return net::TlsClientAuth::require;
    default:
      return net::TlsClientAuth::none;
  }
}

}  // namespace

proxy::TlsSettings tls_of(const schema::ListenerTls& in) {
  proxy::TlsSettings out{.handshake_timeout = proxy::Millis(in.handshake_timeout())};
  for (const schema::Certificate& certificate : in.certificates()) {
    out.server.certificates.push_back(
        {.certificate = certificate.certificate(),
         .key = certificate.key(),
         .names = {certificate.names().begin(), certificate.names().end()}});
  }
  out.server.min_version =
      in.min_version() == "1.3" ? net::TlsVersion::tls13 : net::TlsVersion::tls12;
  out.server.client_auth = client_auth_of(in.client_auth());
  out.server.client_ca = in.client_ca();
  for (const std::string& text : in.pinned_spki()) {
    if (const auto hash = net::parse_spki(text)) out.server.pinned_spki.push_back(*hash);
  }
  return out;
}

admin::TlsOptions tls_of(const schema::HttpTls& in) {
  return {.certificate = in.certificate(),
          .key = in.key(),
          .client_ca = in.client_ca(),
          .min_version =
              in.min_version() == "1.3" ? admin::TlsVersion::tls13 : admin::TlsVersion::tls12};
}

std::string problem_of(const proxy::TlsSettings& tls) {
  const net::TlsServerOptions& server = tls.server;
  const bool knows_clients = !server.client_ca.empty() || !server.pinned_spki.empty();
  if (server.client_auth == net::TlsClientAuth::none && knows_clients) {
    return "`client_ca` and `pinned_spki` need `client_auth: require` or `optional`";
  }
  if (server.client_auth != net::TlsClientAuth::none && !knows_clients) {
    return "`client_auth` needs `client_ca`, `pinned_spki` or both, to judge certificates by";
  }
  const auto loaded = net::TlsContext::load(server);
  return loaded.ok() ? std::string() : std::string(message_of(loaded.status()));
}

std::string problem_of(const admin::TlsOptions& tls) {
  const auto loaded = admin::TlsCredentials::load(tls);
  return loaded.ok() ? std::string() : std::string(message_of(loaded.status()));
}

proxy::UpstreamTlsSettings tls_of(const schema::PoolTls& in) {
  return {.files = {.ca = in.ca(), .certificate = in.certificate(), .key = in.key()},
          .server_name = in.server_name()};
}

std::string problem_of(const proxy::UpstreamTlsSettings& tls) {
  if (tls.files.certificate.empty() != tls.files.key.empty()) {
    return "`certificate` and `key` come together";
  }
  if (tls.server_name.starts_with('*')) {
    return fmt::format("`server_name` {} is no name of one server", tls.server_name);
  }
  const auto read = net::read_tls_client(tls.files);
  return read.ok() ? std::string() : std::string(message_of(read.status()));
}

std::string plaintext_problem(const std::string& address, bool tls, bool insecure) {
  const auto endpoint = parse_host_port(address);
  if (tls || insecure || !endpoint.ok() || endpoint->is_loopback()) return {};
  return fmt::format(
      "{} is off the loopback: its pool needs `tls`, or say `insecure: true` to send plaintext "
      "there",
      endpoint->to_string());
}

}  // namespace waymark::app
