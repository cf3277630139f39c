#include "sdk/protocol.h"

#include "sdk/command_codec.h"
#include "sdk/legacy_protocol.h"
#include "sdk/link_protocol.h"
#include "wire/lifecycle.h"

namespace waymark::sdk {
namespace {

std::shared_ptr<Outbox> make_outbox(const Service& service, StreamPort& port,
                                    std::unique_ptr<CommandCodec> codec) {
  return std::make_shared<Outbox>(
      port, std::move(codec),
      Outbox::Limits{.max_message = wire::kDefaultMaxMessage,
                     .max_queued = service.options.max_queued,
                     .max_open_replies = service.options.max_open_replies});
}

std::unique_ptr<Protocol> link_protocol_of(std::string_view method, const Service& service,
                                           StreamPort& port) {
  if (method != "/waymark.link.v1.UpstreamService/Link") return nullptr;
  return std::make_unique<LinkProtocol>(service,
                                        make_outbox(service, port, std::make_unique<LinkCodec>()));
}

std::unique_ptr<Protocol> legacy_protocol_of(std::string_view method, std::string_view peer,
                                             const Service& service, StreamPort& port) {
  constexpr std::string_view kService = "/upstream.grpc.service.UpstreamPeerService/";
  if (!method.starts_with(kService)) return nullptr;
  method.remove_prefix(kService.size());
  auto outbox = make_outbox(service, port, std::make_unique<LegacyCodec>());
  if (method == "bidirectionalStreaming") {
    return std::make_unique<LegacyFrames>(service, std::move(outbox), peer);
  }
  if (method == "ready") return std::make_unique<LegacyReady>(std::move(outbox));
  if (method == "live") return std::make_unique<LegacyLive>(std::move(outbox));
  return nullptr;
}

}  // namespace

std::unique_ptr<Protocol> protocol_of(std::string_view method, std::string_view peer,
                                      const Service& service, StreamPort& port) {
  switch (service.options.protocol) {
    case UpstreamProtocol::link:
      return link_protocol_of(method, service, port);
    case UpstreamProtocol::legacy:
      return legacy_protocol_of(method, peer, service, port);
  }
  return nullptr;
}

}  // namespace waymark::sdk
