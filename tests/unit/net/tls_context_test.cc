#include <catch2/catch.hpp>
#include <string>

#include "tls_pair.h"

namespace waymark::net {
namespace {

using Catch::Contains;

std::string problem_of(const TlsServerOptions& options) {
  const auto loaded = TlsContext::load(options);
  return loaded.ok() ? "" : std::string(loaded.status().message().data());
}

// The server name in the certificate that the client was shown.
std::string shown_to(const TlsPair& pair) {
  X509* certificate = SSL_get1_peer_certificate(pair.client->ssl);
  std::array<char, 100> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            name.size());
  X509_free(certificate);
  return name.data();
}

std::string certificate_for(const TlsServerOptions& options, const std::string& sni) {
  TlsPair pair(options, {.sni = sni});
  REQUIRE(pair.shakes_hands());
  CHECK(pair.connection->tls()->sni() == sni);
  return shown_to(pair);
}

TEST_CASE("names the file that is wrong, and says what is") {
  const Certificates all;
  const std::string missing = all.directory / "missing.pem";
  const std::string garbage = all.file("garbage.pem", "no certificate\n");
  TlsServerOptions options{.certificates = {all.server.files()}};
  CHECK(problem_of(options).empty());

  SECTION("no certificate at all") {
    options.certificates.clear();
    CHECK_THAT(problem_of(options), Contains("no certificate"));
  }
  SECTION("certificate is not there") {
    options.certificates[0].certificate = missing;
    CHECK(problem_of(options) == missing + ": No such file or directory");
  }
  SECTION("certificate is none") {
    options.certificates[0].certificate = garbage;
    CHECK(problem_of(options) == garbage + ": no start line");
  }
  SECTION("key is not there") {
    options.certificates[0].key = missing;
    CHECK(problem_of(options) == missing + ": No such file or directory");
  }
  SECTION("key with a password") {
    const std::string locked = all.server.locked_key_file();
    options.certificates[0].key = locked;
    CHECK(problem_of(options) == locked + ": wants a password");
  }
  SECTION("key of another certificate") {
    options.certificates[0].key = all.client.key_file;
    CHECK(problem_of(options) == all.client.key_file + ": key values mismatch");
  }
  SECTION("CA is none") {
    options.client_auth = TlsClientAuth::require;
    options.client_ca = garbage;
    CHECK_THAT(problem_of(options), Contains(garbage + ": "));
  }
}

TEST_CASE("the server name chooses the certificate") {
  const Certificates all;
  const Identity one(all.directory, "one", "DNS:one.example,DNS:*.one.example");
  TlsServerOptions options{.certificates = {all.server.files(), one.files()}};
  CHECK(certificate_for(options, "server.example") == "server");
  CHECK(certificate_for(options, "ONE.example") == "one");
  CHECK(certificate_for(options, "a.one.example") == "one");
  CHECK(certificate_for(options, "a.b.one.example") == "server");
  CHECK(certificate_for(options, "unknown.example") == "server");
  CHECK(certificate_for(options, "") == "server");

  options.certificates[1].names = {"Two.example"};  // instead of those it is made out to
  CHECK(certificate_for(options, "two.example") == "one");
  CHECK(certificate_for(options, "one.example") == "server");
}

TEST_CASE("refuses versions that are too old") {
  const Certificates all;
  TlsServerOptions options{.certificates = {all.server.files()}};
  SECTION("1.2 is allowed") {
    TlsPair pair(options, {.version = TLS1_2_VERSION});
    REQUIRE(pair.shakes_hands());
    CHECK(pair.connection->tls()->facts().version == "TLSv1.2");
  }
  SECTION("1.2 is not, where 1.3 is asked for") {
    options.min_version = TlsVersion::tls13;
    TlsPair pair(options, {.version = TLS1_2_VERSION});
    REQUIRE(pair.run_until([&] { return pair.step != TlsSession::Step::waits; }));
    CHECK(pair.step == TlsSession::Step::failed);
  }
}

TEST_CASE("asks clients for what it is told to") {
  const Certificates all;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsServerOptions options{.certificates = {all.server.files()},
                           .client_auth = TlsClientAuth::require,
                           .client_ca = all.ca.certificate_file};
  TlsClientOptions client{.version = version};
  const auto outcome = [&] {
    TlsPair pair(options, client);
    REQUIRE(pair.run_until([&] { return pair.step != TlsSession::Step::waits; }));
    return pair.step;
  };
  SECTION("a certificate of the CA") {
    CHECK(outcome() == TlsSession::Step::untrusted);
    client.identity = &all.stranger;
    CHECK(outcome() == TlsSession::Step::untrusted);
    client.identity = &all.client;
    CHECK(outcome() == TlsSession::Step::done);
  }
  SECTION("the same, but may come without") {
    options.client_auth = TlsClientAuth::optional;
    CHECK(outcome() == TlsSession::Step::done);
    client.identity = &all.stranger;
    CHECK(outcome() == TlsSession::Step::untrusted);
  }
  SECTION("a pinned key, whoever signed it") {
    options.client_ca.clear();
    options.pinned_spki = {all.server.pin(), all.stranger.pin()};
    client.identity = &all.client;
    CHECK(outcome() == TlsSession::Step::untrusted);
    client.identity = &all.stranger;
    CHECK(outcome() == TlsSession::Step::done);
  }
  SECTION("both") {
    options.pinned_spki = {all.stranger.pin()};
    client.identity = &all.client;
    CHECK(outcome() == TlsSession::Step::untrusted);
    client.identity = &all.stranger;
    CHECK(outcome() == TlsSession::Step::untrusted);
    options.pinned_spki = {all.client.pin()};
    client.identity = &all.client;
    CHECK(outcome() == TlsSession::Step::done);
  }
}

}  // namespace
}  // namespace waymark::net
