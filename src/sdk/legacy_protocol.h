// Speaks the ancestor's protocol, upstream.grpc.service.UpstreamPeerService: a class a method.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sdk/command_codec.h"
#include "sdk/protocol.h"
#include "upstream/grpc/service/upstream.pb.h"

namespace waymark::sdk {

// One OutputStreamRequest a command; it knows sends only.
class LegacyCodec final : public CommandCodec {
 public:
  bool append(std::string& message, const wire::Command& command) override;
  bool joins() const override { return false; }

 private:
  upstream::grpc::service::OutputStreamRequest output_;
};

// `bidirectionalStreaming`: a message is a frame, without number or lifecycle.
class LegacyFrames final : public Protocol {
 public:
  LegacyFrames(const Service& service, std::shared_ptr<Outbox> outbox, std::string_view peer);

  absl::Status received(wire::Pieces message) override;
  void ended() override;

 private:
  const Service& service_;
  upstream::grpc::service::InputStreamRequest input_;
  std::string joined_;
};

// `ready`: asked once.
class LegacyReady final : public Protocol {
 public:
  using Protocol::Protocol;
  absl::Status received(wire::Pieces message) override;
};

// `live`: answers one for one.
class LegacyLive final : public Protocol {
 public:
  using Protocol::Protocol;
  absl::Status received(wire::Pieces message) override;
};

}  // namespace waymark::sdk
