// What differs between the protocols an upstream may speak, once its stream is open.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <string>
#include <vector>

#include "wire/batch.h"
#include "wire/command.h"

namespace waymark::link {

// The messages that carry `batch`, in order, each at most as large as the batch.
[[nodiscard]] std::vector<grpc::ByteBuffer> encode_link_batch(const wire::Batch& batch);

// The ancestor's protocol: one message a frame, nothing for other events.
[[nodiscard]] std::vector<grpc::ByteBuffer> encode_legacy_batch(const wire::Batch& batch);

// Reads one OutputStreamRequest as a Send. False: the bytes are no such message. A message without
// a target, or with a broadcast this version does not know, gives a command without a target.
// `payload` keeps the bytes that `command` views.
[[nodiscard]] bool decode_legacy_message(wire::Pieces message, std::string& payload,
                                         wire::Command& command);

// Reads ReadyResult and LiveResult, which share their shape.
[[nodiscard]] bool decode_legacy_yes(wire::Pieces message);

[[nodiscard]] grpc::ByteBuffer to_buffer(const std::string& bytes);

inline constexpr char kLinkMethod[] = "/waymark.link.v1.UpstreamService/Link";
inline constexpr char kLegacyStreamMethod[] =
    "/upstream.grpc.service.UpstreamPeerService/bidirectionalStreaming";
inline constexpr char kLegacyReadyMethod[] = "/upstream.grpc.service.UpstreamPeerService/ready";
inline constexpr char kLegacyLiveMethod[] = "/upstream.grpc.service.UpstreamPeerService/live";

}  // namespace waymark::link
