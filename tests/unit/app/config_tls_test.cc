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

// `admin` or `registry` on this address, with these further fields.
std::string http_listener(const std::string& name, const std::string& bind,
                          const std::string& more = "") {
  return least_and(name + ": { bind: '" + bind + "'" + more + " }\n");
}

std::string http_tls(const Certificates& all, const std::string& more = "") {
  return ", tls: { certificate: " + all.server.certificate_file + ", key: " + all.server.key_file +
         more + " }";
}

TEST_CASE("reads what the HTTP listeners say of TLS") {
  const Certificates all;
  const ConfigResult plain = parse(kLeast);
  CHECK_FALSE(plain.config().admin.tls);
  CHECK_FALSE(plain.config().registry.tls);
  const ConfigResult result = parse(
      http_listener("admin", "127.0.0.1:0", http_tls(all)) + "registry: { bind: '127.0.0.1:0'" +
      http_tls(all, ", min_version: '1.3', client_ca: " + all.ca.certificate_file) + " }\n");
  REQUIRE(result.ok());
  admin::TlsOptions expected{.certificate = all.server.certificate_file,
                             .key = all.server.key_file};
  CHECK(result.config().admin.tls == expected);
  expected.min_version = admin::TlsVersion::tls13;
  expected.client_ca = all.ca.certificate_file;
  CHECK(result.config().registry.tls == expected);
}

TEST_CASE("what the HTTP listeners say of TLS is checked, down to its files") {
  const Certificates all;
  CHECK_THAT(errors_of(http_listener("admin", "127.0.0.1:0", ", tls: { certificate: /a.pem }")),
             Contains("admin.tls.key: required, and missing"));
  CHECK_THAT(errors_of(http_listener("admin", "127.0.0.1:0", http_tls(all, ", client_ca: /no"))),
             Contains("waymark.yaml:5:") && Contains("admin.tls: /no: No such file or directory"));
  std::ofstream(all.server.key_file) << "no key";
  CHECK_THAT(errors_of(http_listener("registry", "127.0.0.1:0", http_tls(all))),
             Contains("registry.tls: " + all.server.key_file + ": there is no private key in it"));
}

TEST_CASE("off the loopback the admin API needs TLS and tokens, and the registry TLS or a word") {
  const Certificates all;
  const std::string tls = http_tls(all);
  for (const std::string bind : {"0.0.0.0:8003", "[::]:8003", "10.0.0.5:8003"}) {
    INFO(bind);
    CHECK_THAT(
        errors_of(http_listener("admin", bind)),
        Contains("5:16: admin.bind: " + bind + " is off the loopback, which needs `admin.tls`"));
    CHECK_THAT(
        errors_of(http_listener("admin", bind, tls + ", auth: 'off'")),
        Contains("admin.auth: `off` is for the loopback alone, and `admin.bind` is " + bind));
    CHECK(errors_of(http_listener("admin", bind, tls)) == "");
    CHECK_THAT(errors_of(http_listener("registry", bind)),
               Contains("5:19: registry.bind: " + bind + " is off the loopback") &&
                   Contains("`registry.tls`") && Contains("`insecure: true`"));
    CHECK(errors_of(http_listener("registry", bind, tls)) == "");
    CHECK(errors_of(http_listener("registry", bind, ", insecure: true")) == "");
  }
  CHECK(errors_of(http_listener("admin", "127.0.0.1:0", ", auth: 'off'")) == "");
}

// A pool with these lines in its `tls`, and the upstreams.
std::string pool_with_tls(const std::string& tls, const std::string& upstreams = "127.0.0.1:7001") {
  return "listeners: [ { name: a, bind: 127.0.0.1:7999, pool: p } ]\n"
         "pools:\n"
         "  - name: p\n"
         "    upstreams: [ " +
         upstreams +
         " ]\n"
         "    tls: " +
         tls + "\n";
}

std::string shows(const std::string& certificate, const std::string& key) {
  return "{ certificate: " + certificate + ", key: " + key + " }";
}

TEST_CASE("reads what a pool says of TLS") {
  const Certificates all;
  const net::TlsClientFiles files{all.ca.certificate_file, all.client.certificate_file,
                                  all.client.key_file};
  const ConfigResult result =
      parse(pool_with_tls("{ ca: " + files.ca + ", certificate: " + files.certificate +
                          ", key: " + files.key + ", server_name: workers.example }"));
  REQUIRE(result.ok());
  const auto& tls = result.config().proxy.pools[0].tls;
  REQUIRE(tls);
  CHECK(tls->files == files);
  CHECK(tls->server_name == "workers.example");
  CHECK_FALSE(parse(kLeast).config().proxy.pools[0].tls);

  const ConfigResult least = parse(pool_with_tls("{}"));
  REQUIRE(least.ok());
  REQUIRE(least.config().proxy.pools[0].tls);
  CHECK(least.config().proxy.pools[0].tls->files == net::TlsClientFiles());
}

TEST_CASE("a configuration that is shown names the files of a key and never what they hold") {
  const Certificates all;
  const ConfigResult result =
      parse(pool_with_tls(shows(all.client.certificate_file, all.client.key_file)));
  REQUIRE(result.ok());
  std::string shown = result.config().shown_yaml + result.config().yaml;
  for (const auto& [path, value] : result.config().flat) shown += path + value;
  CHECK_THAT(shown, Contains(all.client.key_file) && !Contains("BEGIN"));
}

TEST_CASE("what a pool says of TLS is checked, down to its files") {
  const Certificates all;
  const std::string certificate = all.client.certificate_file;
  const std::string garbage = all.file("garbage.pem", "no PEM\n");
  CHECK_THAT(errors_of(pool_with_tls("{ certificate: " + certificate + " }")),
             Contains("waymark.yaml:5:10: pools[0].tls: `certificate` and `key` come together"));
  CHECK_THAT(errors_of(pool_with_tls("{ key: " + all.client.key_file + " }")),
             Contains("pools[0].tls: `certificate` and `key` come together"));
  CHECK_THAT(errors_of(pool_with_tls("{ server_name: '*.example' }")),
             Contains("pools[0].tls: `server_name` *.example is no name of one server"));
  CHECK_THAT(errors_of(pool_with_tls("{ server_name: 'a b' }")),
             Contains("pools[0].tls.server_name: \"a b\" is not a DNS name"));
  CHECK_THAT(errors_of(pool_with_tls("{ ca: ca.pem }")),
             Contains("pools[0].tls.ca: \"ca.pem\" is not an absolute path"));
  CHECK_THAT(errors_of(pool_with_tls("{ ca: /nowhere/ca.pem }")),
             Contains("pools[0].tls: /nowhere/ca.pem: No such file or directory"));
  CHECK_THAT(errors_of(pool_with_tls("{ ca: " + garbage + " }")),
             Contains("pools[0].tls: " + garbage + ": no start line"));
  CHECK_THAT(errors_of(pool_with_tls(shows(certificate, all.stranger.key_file))),
             Contains("pools[0].tls: " + all.stranger.key_file + ": key values mismatch"));
}

TEST_CASE("a pool with TLS may have upstreams anywhere, and none that asks for plaintext") {
  CHECK(errors_of(pool_with_tls("{}", "10.0.0.5:7001, workers.example:7001")) == "");
  CHECK_THAT(errors_of(pool_with_tls("{}", "{ address: 10.0.0.5:7001, insecure: true }")),
             Contains("pools[0].upstreams[0].insecure: contradicts the `tls` of its pool"));
}

}  // namespace
}  // namespace waymark::app
