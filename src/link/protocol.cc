#include "link/protocol.h"

#include <chrono>

#include "base/rfc3339.h"
#include "base/sync_note.h"
#include "upstream/grpc/service/upstream.pb.h"

namespace waymark::link {
namespace {

namespace legacy = ::upstream::grpc::service;

// A slice that holds a share in its chunk and returns it on whichever thread drops it.
grpc::Slice slice_of(const ChunkRange& range) {
  Chunk* share = ChunkRef(range.chunk).release();
  note_handed_over(share);
  return grpc::Slice(
      share->data() + range.offset, range.size,
      [](void* chunk) {
        note_received(chunk);
        (void)ChunkRef::adopt(static_cast<Chunk*>(chunk));
      },
      share);
}

std::chrono::system_clock::time_point time_of(std::uint64_t unix_ns) {
  return std::chrono::system_clock::time_point(std::chrono::nanoseconds(unix_ns));
}

template <typename Result>
bool parse(wire::Pieces message, Result& result) {
  std::string bytes;
  for (std::string_view piece : message) bytes.append(piece);
  return result.ParseFromString(bytes);
}

}  // namespace

grpc::ByteBuffer to_buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::vector<grpc::ByteBuffer> encode_link_batch(const wire::Batch& batch) {
  std::vector<grpc::Slice> slices;
  slices.reserve(batch.ranges.size());
  for (const ChunkRange& range : batch.ranges) slices.push_back(slice_of(range));
  std::vector<grpc::ByteBuffer> messages;
  messages.emplace_back(slices.data(), slices.size());
  return messages;
}

std::vector<grpc::ByteBuffer> encode_legacy_batch(const wire::Batch& batch) {
  std::vector<grpc::ByteBuffer> messages;
  wire::for_each_event(batch, [&](const wire::Event& event) {
    if (event.kind != wire::EventKind::payload) return;
    legacy::InputStreamRequest request;
    request.set_time(to_rfc3339(time_of(event.header.received_at)));
    request.set_client_uuid(event.header.mark.to_string());
    request.set_payload(event.body.to_string());
    messages.push_back(to_buffer(request.SerializeAsString()));
  });
  return messages;
}

bool decode_legacy_message(wire::Pieces message, std::string& payload, wire::Command& command) {
  legacy::OutputStreamRequest request;
  if (!parse(message, request)) return false;
  command = wire::Command();
  command.action = wire::ActionKind::send;
  payload = std::move(*request.mutable_payload());
  command.payload = wire::Bytes(payload);
  // The case decides, not the value: BROADCAST_ALL is 0.
  if (request.target_case() == legacy::OutputStreamRequest::kClientUuid) {
    command.target = wire::TargetKind::mark;
    command.mark = Mark::parse(request.client_uuid()).value_or(Mark());
  } else if (request.target_case() == legacy::OutputStreamRequest::kBroadcast) {
    command.target = wire::TargetKind::broadcast;
    switch (request.broadcast()) {
      case legacy::OutputStreamRequest::BROADCAST_ALL:
        command.scope = wire::Scope::all;
        break;
      case legacy::OutputStreamRequest::BROADCAST_ACTIVE:
        command.scope = wire::Scope::active;
        break;
      case legacy::OutputStreamRequest::BROADCAST_NOT_ACTIVE:
        command.scope = wire::Scope::inactive;
        break;
      default:
        command.target = wire::TargetKind::none;
    }
  }
  return true;
}

bool decode_legacy_yes(wire::Pieces message) {
  legacy::ReadyResult result;
  return parse(message, result) && result.ready();
}

}  // namespace waymark::link
