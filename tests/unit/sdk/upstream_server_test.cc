#include <catch2/catch.hpp>
#include <thread>

#include "recording_handler.h"
#include "scripted_proxy.h"
#include "sdk/listen_address.h"

namespace waymark::sdk {
namespace {

constexpr std::chrono::seconds kPatience(30);

std::string start_error(const UpstreamOptions& options) {
  Echo echo;
  const auto server = UpstreamServer::start(options, echo);
  REQUIRE_FALSE(server.ok());
  return std::string(server.status().message());
}

TEST_CASE("A server refuses a port that is taken, and names it") {
  Echo echo;
  const auto server = serve(echo);
  CHECK(start_error({.listen = server->address()}) ==
        "listen on " + server->address() + ": Address already in use");
}

TEST_CASE("A server refuses options that cannot be") {
  CHECK_THAT(start_error({.listen = "nowhere"}), Catch::StartsWith("listen address \"nowhere\""));
  CHECK_THAT(start_error({.threads = 0}), Catch::StartsWith("threads: 0"));
  CHECK_THAT(start_error({.name = std::string(256, 'n')}), Catch::StartsWith("name: "));
  CHECK_THAT(start_error({.name = "\xff"}), Catch::StartsWith("name: "));
  CHECK_THAT(start_error({.max_message = 0}), Catch::StartsWith("max_message: 0"));
}

TEST_CASE("A server refuses TLS that cannot be, and names the file") {
  const std::string none = "/nowhere/none.pem";
  const std::string here = "/proc/self/comm";  // there, and no PEM
  CHECK(start_error({.tls = UpstreamTlsOptions{.certificate = here}}) ==
        "tls: certificate and key are both due");
  CHECK(start_error({.tls = UpstreamTlsOptions{none, here, {}}}) ==
        "tls: " + none + ": No such file or directory");
  CHECK(start_error({.tls = UpstreamTlsOptions{here, none, {}}}) ==
        "tls: " + none + ": No such file or directory");
  CHECK(start_error({.tls = UpstreamTlsOptions{here, here, none}}) ==
        "tls: " + none + ": No such file or directory");
  CHECK(start_error({.tls = UpstreamTlsOptions{here, here, {}}}) ==
        "tls: " + here + " and " + here + " are not, in PEM, a certificate and its key");
}

TEST_CASE("A listen address is host and port") {
  CHECK(ListenAddress::parse("127.0.0.1:7001")->port == 7001);
  CHECK(ListenAddress::parse("[::1]:0")->host == "::1");
  CHECK(ListenAddress::parse("[::1]:0")->to_string() == "[::1]:0");
  CHECK(ListenAddress::parse("localhost:1")->to_string() == "localhost:1");
  for (const char* text : {"", ":", "host", "host:", ":1", "host:65536", "host:-1", "host:1x",
                           "::1:80", "[]:80", "host:1 "}) {
    CAPTURE(text);
    CHECK_FALSE(ListenAddress::parse(text).ok());
  }
}

TEST_CASE("A server that shuts down asks proxies to move away, and ends when they have") {
  Echo echo;
  const auto server = serve(echo);
  ScriptedProxy proxy(server->address());
  std::thread stopping([&] { server->shutdown(kPatience); });
  CHECK(proxy.receive().has_drain());
  proxy.send(Events().frame(test_mark(1), "still served"));
  CHECK(proxy.receive().send().payload() == "still served");
  const auto before = std::chrono::steady_clock::now();
  REQUIRE(proxy.call().end_sending());
  CHECK_FALSE(proxy.call().receive<link::v1::FromUpstream>());
  CHECK(proxy.call().status().ok());
  stopping.join();
  CHECK(std::chrono::steady_clock::now() - before < kPatience / 2);
  server->wait();
}

TEST_CASE("A server without patience cuts links off and calls nobody afterwards") {
  RecordingHandler handler;
  auto server = serve(handler, {.threads = 2});
  ScriptedProxy first(server->address());
  ScriptedProxy second(server->address());
  first.send(Events().opened(test_mark(1)).frame(test_mark(1), "a"));
  second.send(Events().opened(test_mark(2)).frame(test_mark(2), "b"));
  std::vector<KeptFrame> kept;
  kept.push_back(handler.frames.next());
  kept.push_back(handler.frames.next());
  server.reset();
  CHECK(handler.closings.size() == 2);
}

TEST_CASE("A server starts and stops many times") {
  Echo echo;
  for (int i = 0; i < 20; ++i) {
    const auto server = serve(echo, {.threads = 1 + i % 3});
    if (i % 2 == 0) ScriptedProxy proxy(server->address());
  }
}

}  // namespace
}  // namespace waymark::sdk
