#include <catch2/catch.hpp>

#include "recording_handler.h"
#include "scripted_proxy.h"
#include "upstream/grpc/service/upstream.pb.h"

namespace waymark::sdk {
namespace {

namespace pb = upstream::grpc::service;

const std::string kService = "/upstream.grpc.service.UpstreamPeerService/";
const UpstreamOptions kLegacy{.protocol = UpstreamProtocol::legacy};

pb::InputStreamRequest input(const std::string& client, const std::string& payload) {
  pb::InputStreamRequest request;
  request.set_client_uuid(client);
  request.set_payload(payload);
  return request;
}

TEST_CASE("A legacy upstream answers ready once") {
  Echo echo;
  const auto server = serve(echo, kLegacy);
  ScriptedCall call(server->address(), kService + "ready");
  call.send_bytes("");
  REQUIRE(call.end_sending());
  const auto result = call.receive<pb::ReadyResult>();
  REQUIRE(result.has_value());
  CHECK(result->ready());
  CHECK_FALSE(result->time().empty());
  CHECK_FALSE(call.receive<pb::ReadyResult>());
  CHECK(call.status().ok());
}

TEST_CASE("A legacy upstream answers live one for one") {
  Echo echo;
  const auto server = serve(echo, kLegacy);
  ScriptedCall call(server->address(), kService + "live");
  for (int i = 0; i < 3; ++i) {
    call.send_bytes("");
    const auto result = call.receive<pb::LiveResult>();
    REQUIRE(result.has_value());
    CHECK(result->live());
  }
  REQUIRE(call.end_sending());
  CHECK_FALSE(call.receive<pb::LiveResult>());
  CHECK(call.status().ok());
}

TEST_CASE("A legacy upstream echoes frames and skips what names no client") {
  Echo echo;
  const auto server = serve(echo, kLegacy);
  ScriptedCall call(server->address(), kService + "bidirectionalStreaming");
  const std::string alice = test_mark(1).to_string();
  call.send(input("no uuid", "lost"));
  call.send(input(alice, "hello"));
  call.send(input(alice, ""));
  for (const std::string expected : {"hello", ""}) {
    const auto output = call.receive<pb::OutputStreamRequest>();
    REQUIRE(output.has_value());
    CHECK(output->client_uuid() == alice);
    CHECK(output->payload() == expected);
  }
  REQUIRE(call.end_sending());
  CHECK_FALSE(call.receive<pb::OutputStreamRequest>());
  CHECK(call.status().ok());
}

TEST_CASE("A legacy upstream broadcasts, and cannot close") {
  RecordingHandler handler;
  const auto server = serve(handler, kLegacy);
  ScriptedCall call(server->address(), kService + "bidirectionalStreaming");
  const Mark alice = test_mark(1);
  call.send(input(alice.to_string(), "here I am"));
  (void)handler.frames.next();
  const Sender sender = server->sender();
  CHECK_FALSE(sender.close(alice));
  const std::pair<BroadcastScope, pb::OutputStreamRequest::Broadcast> scopes[] = {
      {BroadcastScope::all, pb::OutputStreamRequest::BROADCAST_ALL},
      {BroadcastScope::active, pb::OutputStreamRequest::BROADCAST_ACTIVE},
      {BroadcastScope::inactive, pb::OutputStreamRequest::BROADCAST_NOT_ACTIVE}};
  for (const auto& [scope, expected] : scopes) {
    CHECK(sender.broadcast(scope, "news"));
    const auto output = call.receive<pb::OutputStreamRequest>();
    REQUIRE(output.has_value());
    CHECK(output->target_case() == pb::OutputStreamRequest::kBroadcast);
    CHECK(output->broadcast() == expected);
    CHECK(output->payload() == "news");
  }
}

TEST_CASE("A legacy upstream has no link") {
  Echo echo;
  const auto server = serve(echo, kLegacy);
  ScriptedCall call(server->address(), "/waymark.link.v1.UpstreamService/Link");
  CHECK_FALSE(call.receive<link::v1::FromUpstream>());
  CHECK(call.status().error_code() == grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace waymark::sdk
