#include "sdk/legacy_protocol.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "sdk/conversation.h"

namespace waymark::sdk {
namespace {

using upstream::grpc::service::LiveResult;
using upstream::grpc::service::OutputStreamRequest;
using upstream::grpc::service::ReadyResult;

std::string now_text() {
  return absl::FormatTime(absl::RFC3339_full, absl::Now(), absl::UTCTimeZone());
}

OutputStreamRequest::Broadcast legacy_scope(wire::Scope scope) {
  switch (scope) {
    case wire::Scope::active:
      return OutputStreamRequest::BROADCAST_ACTIVE;
    case wire::Scope::inactive:
      return OutputStreamRequest::BROADCAST_NOT_ACTIVE;
    case wire::Scope::all:
    case wire::Scope::unspecified:
      break;
  }
  return OutputStreamRequest::BROADCAST_ALL;
}

// "ipv4:10.0.0.1:4711" without the port: the links of one proxy differ by that alone.
std::string host_of(std::string_view peer) { return std::string(peer.substr(0, peer.rfind(':'))); }

}  // namespace

bool LegacyCodec::append(std::string& message, const wire::Command& command) {
  if (command.action != wire::ActionKind::send || command.error) return false;
  const bool has_words =
      command.target == wire::TargetKind::mark || command.target == wire::TargetKind::broadcast;
  if (!has_words) return false;
  output_.set_time(now_text());
  if (command.target == wire::TargetKind::broadcast) {
    output_.set_broadcast(legacy_scope(command.scope));
  } else {
    output_.set_client_uuid(command.mark.to_string());
  }
  output_.set_payload(command.payload.to_string());
  return output_.AppendToString(&message);
}

LegacyFrames::LegacyFrames(const Service& service, std::shared_ptr<Outbox> outbox,
                           std::string_view peer)
    : Protocol(std::move(outbox)), service_(service) {
  service_.directory->add(shared_outbox(), host_of(peer));
}

absl::Status LegacyFrames::received(wire::Pieces message) {
  joined_.clear();
  for (const std::string_view piece : message) joined_.append(piece);
  if (!input_.ParseFromString(joined_)) return absl::InvalidArgumentError("malformed message");
  const std::optional<Mark> mark = Mark::parse(input_.client_uuid());
  if (!mark) return absl::OkStatus();  // nobody could be answered
  auto conversation = std::make_shared<Conversation>(*mark, shared_outbox());
  outbox().open_reply(*conversation, 0);
  service_.handler.frame({.mark = *mark, .payload = input_.payload()},
                         Reply(std::move(conversation), 0, 0));
  return absl::OkStatus();
}

void LegacyFrames::ended() { service_.directory->remove(outbox()); }

absl::Status LegacyReady::received(wire::Pieces /*message*/) {
  ReadyResult result;
  result.set_time(now_text());
  result.set_ready(true);
  outbox().add_message(result.SerializeAsString());
  return absl::OkStatus();
}

absl::Status LegacyLive::received(wire::Pieces /*message*/) {
  LiveResult result;
  result.set_time(now_text());
  result.set_live(true);
  outbox().add_message(result.SerializeAsString());
  return absl::OkStatus();
}

}  // namespace waymark::sdk
