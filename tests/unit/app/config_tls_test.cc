#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "../net/certificates.h"
#include "config_fixture.h"

namespace waymark::app {
namespace {

using Catch::Contains;
using net::Certificates;

// A listener with these lines in its `tls`, and the certificate of a server.
std::string with_tls(const Certificates& all, const std::string& more = "") {
  return listener_with("tls: { certificates: [ { certificate: " + all.server.certificate_file +
                       ", key: " + all.server.key_file + " } ]" + more + " }");
}

TEST_CASE("reads what a listener says of TLS") {
  const Certificates all;
  const std::string hex(64, 'a');
  const ConfigResult result =
      parse(with_tls(all, ", min_version: '1.3', client_auth: optional, client_ca: " +
                              all.ca.certificate_file + ", pinned_spki: [ " + hex +
                              ", 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=' ]"
                              ", handshake_timeout: 3s"));
  REQUIRE(result.ok());
  const auto& tls = result.config().proxy.listeners[0].tls;
  REQUIRE(tls);
  CHECK(tls->server.certificates == std::vector{all.server.files()});
  CHECK(tls->server.min_version == net::TlsVersion::tls13);
  CHECK(tls->server.client_auth == net::TlsClientAuth::optional);
  CHECK(tls->server.client_ca == all.ca.certificate_file);
  net::SpkiHash pin;
  pin.fill(0xaa);
  CHECK(tls->server.pinned_spki == std::vector{pin, pin});
  CHECK(tls->handshake_timeout == proxy::Millis(3'000));
}

TEST_CASE("TLS has defaults, and a listener without it talks plain TCP") {
  const Certificates all;
  CHECK_FALSE(parse(kLeast).config().proxy.listeners[0].tls);
  const ConfigResult result = parse(with_tls(all));
  REQUIRE(result.ok());
  const proxy::TlsSettings& tls = *result.config().proxy.listeners[0].tls;
  const proxy::TlsSettings defaults;
  CHECK(tls.handshake_timeout == defaults.handshake_timeout);
  CHECK(tls.server.min_version == defaults.server.min_version);
  CHECK(tls.server.client_auth == defaults.server.client_auth);
}

TEST_CASE("what a listener says of TLS is checked, down to its files") {
  const Certificates all;
  CHECK_THAT(errors_of(with_tls(all, ", client_auth: require")),
             Contains("listeners[0].tls: `client_auth` needs `client_ca`, `pinned_spki` or both"));
  CHECK_THAT(errors_of(with_tls(all, ", client_ca: " + all.ca.certificate_file)),
             Contains("need `client_auth: require` or `optional`"));
  CHECK_THAT(errors_of(with_tls(all, ", min_version: '1.1'")),
             Contains("listeners[0].tls.min_version: \"1.1\" is not 1.2 or 1.3"));
  CHECK_THAT(errors_of(with_tls(all, ", client_auth: require, pinned_spki: [ abc ]")),
             Contains("listeners[0].tls.pinned_spki[0]: \"abc\" is not the SHA-256 of"));
  std::ofstream(all.server.key_file) << "no key";
  CHECK_THAT(errors_of(with_tls(all)),
             Contains("waymark.yaml:5:") && Contains("listeners[0].tls: " + all.server.key_file));
}

}  // namespace
}  // namespace waymark::app
