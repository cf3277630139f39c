#include "link/protocol.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "link/message.h"
#include "upstream/grpc/service/upstream.pb.h"
#include "waymark/link/v1/link.pb.h"

namespace waymark::link {
namespace {

namespace legacy = ::upstream::grpc::service;

const Mark kMark = *Mark::parse("00112233-4455-4677-8899-aabbccddeeff");
constexpr std::uint64_t kReceivedAt = 1'700'000'000'123'456'789;

std::string bytes_of(const grpc::ByteBuffer& buffer) {
  const Message message(buffer);
  std::string bytes;
  for (std::string_view piece : message.pieces()) bytes += piece;
  return bytes;
}

struct Writer {
  void append(wire::EventKind kind, std::string_view body, std::uint64_t seq = 0) {
    writer.append(batch, {.mark = kMark, .seq = seq, .received_at = kReceivedAt}, kind, body);
  }

  ChunkPool chunks;
  wire::Batch batch;
  wire::BatchWriter writer{chunks};
};

TEST_CASE("a batch of a link is one message, its bytes shared with the batch and not copied") {
  Writer writer;
  for (std::uint64_t seq = 1; seq <= 8; ++seq) {
    writer.append(wire::EventKind::payload, std::string(60'000, 'x'), seq);
  }
  REQUIRE(writer.batch.ranges.size() > 1);
  std::vector<grpc::ByteBuffer> messages = encode_link_batch(writer.batch);
  REQUIRE(messages.size() == 1);
  {
    const Message message(messages.front());
    REQUIRE(message.pieces().size() == writer.batch.ranges.size());
    for (std::size_t i = 0; i < message.pieces().size(); ++i) {
      CHECK(message.pieces()[i].data() == writer.batch.ranges[i].bytes().data());
    }
  }
  v1::ToUpstream parsed;
  REQUIRE(parsed.ParseFromString(bytes_of(messages.front())));
  REQUIRE(parsed.events_size() == 8);
  CHECK(parsed.events(7).seq() == 8);
}

TEST_CASE("the chunks of a batch come back when the transport lets go of its message") {
  ChunkPool chunks;
  std::vector<grpc::ByteBuffer> messages;
  {
    wire::Batch batch;
    wire::BatchWriter writer(chunks);
    for (std::uint64_t seq = 1; seq <= 8; ++seq) {
      writer.append(batch, {.mark = kMark, .seq = seq}, wire::EventKind::payload,
                    std::string(60'000, 'x'));
    }
    messages = encode_link_batch(batch);
  }
  CHECK(chunks.bytes_in_use() == 2 * Chunk::kSize);
  messages.clear();
  CHECK(chunks.bytes_in_use() == 0);
}

// --- the ancestor's protocol ---

TEST_CASE("each frame is one message of the ancestor's, and nothing else is told") {
  Writer writer;
  writer.append(wire::EventKind::opened, "");
  writer.append(wire::EventKind::payload, "one", 1);
  writer.append(wire::EventKind::payload, std::string("\0\xff", 2), 2);
  writer.append(wire::EventKind::half_closed, "");
  writer.append(wire::EventKind::closed, "");
  const auto messages = encode_legacy_batch(writer.batch);
  REQUIRE(messages.size() == 2);
  legacy::InputStreamRequest request;
  REQUIRE(request.ParseFromString(bytes_of(messages[0])));
  CHECK(request.time() == "2023-11-14T22:13:20.123Z");
  CHECK(request.client_uuid() == kMark.to_string());
  CHECK(request.payload() == "one");
  REQUIRE(request.ParseFromString(bytes_of(messages[1])));
  CHECK(request.payload() == std::string("\0\xff", 2));
}

struct Decoded {
  explicit Decoded(const std::string& bytes) {
    // In two pieces, as it may come from the network.
    const std::string_view all = bytes;
    const std::string_view pieces[] = {all.substr(0, all.size() / 2), all.substr(all.size() / 2)};
    sound = decode_legacy_message(pieces, payload, command);
  }

  bool sound = false;
  std::string payload;
  wire::Command command;
};

TEST_CASE("an answer to one client becomes a Send to its mark") {
  legacy::OutputStreamRequest request;
  request.set_client_uuid("00112233-4455-4677-8899-AABBCCDDEEFF");
  request.set_payload("answer");
  const Decoded decoded(request.SerializeAsString());
  REQUIRE(decoded.sound);
  CHECK(decoded.command.action == wire::ActionKind::send);
  CHECK(decoded.command.target == wire::TargetKind::mark);
  CHECK(decoded.command.mark == kMark);
  CHECK(decoded.command.payload.to_string() == "answer");
}

TEST_CASE("each broadcast of the ancestor's has its scope, also the one that is zero") {
  const auto [broadcast, scope] =
      GENERATE(table<legacy::OutputStreamRequest::Broadcast, wire::Scope>({
          {legacy::OutputStreamRequest::BROADCAST_ALL, wire::Scope::all},
          {legacy::OutputStreamRequest::BROADCAST_ACTIVE, wire::Scope::active},
          {legacy::OutputStreamRequest::BROADCAST_NOT_ACTIVE, wire::Scope::inactive},
      }));
  legacy::OutputStreamRequest request;
  request.set_broadcast(broadcast);
  request.set_payload("to all");
  const Decoded decoded(request.SerializeAsString());
  REQUIRE(decoded.sound);
  CHECK(decoded.command.target == wire::TargetKind::broadcast);
  CHECK(decoded.command.scope == scope);
  CHECK(decoded.command.within_ms == 0);
  CHECK(decoded.command.payload.to_string() == "to all");
}

TEST_CASE("a message for nobody this version knows has no target") {
  legacy::OutputStreamRequest request;
  request.set_payload("?");
  if (GENERATE(false, true)) {
    request.set_broadcast(static_cast<legacy::OutputStreamRequest::Broadcast>(7));
  }
  const Decoded decoded(request.SerializeAsString());
  REQUIRE(decoded.sound);
  CHECK(decoded.command.target == wire::TargetKind::none);
}

TEST_CASE("a client that is no UUID is the nil mark, which nobody has") {
  legacy::OutputStreamRequest request;
  request.set_client_uuid("not a uuid");
  const Decoded decoded(request.SerializeAsString());
  REQUIRE(decoded.sound);
  CHECK(decoded.command.target == wire::TargetKind::mark);
  CHECK(decoded.command.mark.is_nil());
}

TEST_CASE("bytes that are no message of the ancestor's are told apart") {
  CHECK_FALSE(Decoded("\xff\xff\xff").sound);
  CHECK_FALSE(Decoded(std::string("\x12\x7fshort")).sound);
}

TEST_CASE("only a true is a yes") {
  const auto yes = [](const std::string& bytes) {
    const std::string_view piece = bytes;
    return decode_legacy_yes(wire::Pieces(&piece, 1));
  };
  legacy::ReadyResult ready;
  ready.set_time("2024-01-01T00:00:00Z");
  CHECK_FALSE(yes(ready.SerializeAsString()));
  ready.set_ready(true);
  CHECK(yes(ready.SerializeAsString()));
  legacy::LiveResult live;
  live.set_live(true);
  CHECK(yes(live.SerializeAsString()));
  CHECK_FALSE(yes(""));
  CHECK_FALSE(yes("\xff"));
}

TEST_CASE("the method names are those of the schemas") {
  const auto* upstream = v1::ToUpstream::descriptor()->file()->FindServiceByName("UpstreamService");
  REQUIRE(upstream != nullptr);
  CHECK(std::string(kLinkMethod) ==
        "/" + upstream->full_name() + "/" + upstream->FindMethodByName("Link")->name());
  const auto* ancestor =
      legacy::ReadyResult::descriptor()->file()->FindServiceByName("UpstreamPeerService");
  REQUIRE(ancestor != nullptr);
  for (const std::string path : {kLegacyStreamMethod, kLegacyReadyMethod, kLegacyLiveMethod}) {
    const std::string prefix = "/" + ancestor->full_name() + "/";
    REQUIRE(path.substr(0, prefix.size()) == prefix);
    CHECK(ancestor->FindMethodByName(path.substr(prefix.size())) != nullptr);
  }
}

}  // namespace
}  // namespace waymark::link
