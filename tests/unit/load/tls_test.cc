#include "load/tls.h"

#include <catch2/catch.hpp>
#include <set>

#include "base/status.h"
#include "load/report.h"
#include "load/run.h"
#include "tls_server.h"

namespace waymark::load {
namespace {

using std::chrono::milliseconds;

Options options_for(const TlsServer& server) {
  Options options;
  options.target = {"127.0.0.1", server.port()};
  options.connections = 8;
  options.frames = 20;
  options.progress = false;
  options.payload = {24, 2000};
  options.tls = true;
  return options;
}

Result run_it(const Options& options) {
  auto result = run(options);
  REQUIRE(result.ok());
  return *std::move(result);
}

TEST_CASE("an echo over TLS brings every frame back") {
  const SelfSigned identity;
  TlsServer::Options as;
  SECTION("TLS 1.3") {}
  SECTION("TLS 1.2") { as.version = TLS1_2_VERSION; }
  TlsServer server(identity, as);
  Options options = options_for(server);
  SECTION("one at a time") {}
  SECTION("several in flight, on several threads") {
    options.in_flight = 7;
    options.threads = 3;
  }
  SECTION("larger than a record, and than any socket buffer") {
    options.payload = {4 * 1024 * 1024, 4 * 1024 * 1024};
    options.frames = 2;
  }
  SECTION("with a CA to be trusted") { options.tls_ca = identity.file(); }
  const Result result = run_it(options);
  INFO(result.first_fault);
  CHECK(result.is_clean(false));
  CHECK(result.totals.connected == 8);
  CHECK(result.totals.handshake_errors == 0);
  CHECK(result.totals.received == 8 * options.frames);
  CHECK(result.tls.starts_with(as.version == TLS1_3_VERSION ? "TLSv1.3 " : "TLSv1.2 "));
  server.stop();
  CHECK(server.clean_ends() == 8);
}

TEST_CASE("churn shakes hands for every connection") {
  const SelfSigned identity;
  TlsServer server(identity, {});
  Options options = options_for(server);
  options.mode = Mode::churn;
  options.connections = 4;
  options.frames = 10;
  const Result result = run_it(options);
  CHECK(result.is_clean(false));
  CHECK(result.totals.connected == 40);
  CHECK(result.totals.received == 40);
  server.stop();
  CHECK(server.clean_ends() == 40);
}

TEST_CASE("a PROXY header goes before the handshake, each with another client") {
  const SelfSigned identity;
  TlsServer server(identity, {.preface = 28});
  Options options = options_for(server);
  options.proxy_header = ProxyVersion::v2;
  CHECK(run_it(options).is_clean(false));
  server.stop();
  std::set<std::string> expected;
  for (std::uint32_t i = 0; i < 8; ++i) expected.insert(proxy_header(ProxyVersion::v2, i));
  CHECK(std::set<std::string>(server.prefaces().begin(), server.prefaces().end()) == expected);
}

TEST_CASE("a certificate of another CA is an error of the handshake") {
  const SelfSigned identity;
  const SelfSigned other;
  TlsServer server(identity, {});
  Options options = options_for(server);
  options.tls_ca = other.file();
  const Result result = run_it(options);
  CHECK(result.totals.handshake_errors == 8);
  CHECK(result.totals.connect_errors == 8);
  CHECK(result.totals.connected == 0);
  CHECK_FALSE(result.is_clean(true));
  CHECK(result.first_fault.starts_with("TLS handshake: certificate verify failed"));
  const std::string json = to_json(options, result, false);
  CHECK(json.find(R"("handshake_errors":8,)") != json.npos);
}

TEST_CASE("a peer that never answers a handshake is one too") {
  const SelfSigned identity;
  TlsServer server(identity, {.preface = 1 << 20});  // waits for more than there will be
  Options options = options_for(server);
  options.connections = 1;
  options.connect_timeout = milliseconds(100);
  const Result result = run_it(options);
  CHECK(result.totals.handshake_errors == 1);
  CHECK(result.first_fault == "TLS handshake: timed out");
}

TEST_CASE("an end by TCP alone is a disconnect") {
  const SelfSigned identity;
  TlsServer server(identity, {.close_after = 1});
  Options options = options_for(server);
  const Result result = run_it(options);
  CHECK(result.totals.disconnects == 8);
  CHECK(result.totals.connect_errors == 0);
  CHECK_FALSE(result.is_clean(false));
}

TEST_CASE("a CA file that cannot be read is named") {
  const auto made = TlsContext::make("/no/such/file.pem");
  REQUIRE_FALSE(made.ok());
  CHECK(message_of(made.status()) == "tls-ca /no/such/file.pem: No such file or directory");
}

}  // namespace
}  // namespace waymark::load
