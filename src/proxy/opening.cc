#include "proxy/opening.h"

#include <utility>
#include <vector>

#include "identity/proxy_header.h"

namespace waymark::proxy {

wire::Opened opening_of(const Client& client) {
  const session::Session& session = client.session;
  std::vector<wire::Tlv> tlvs;
  if (client.proxy_tlvs) {
    identity::for_each_tlv(*client.proxy_tlvs, [&tlvs](std::uint8_t type, std::string_view value) {
      tlvs.push_back({type, std::string(value)});
    });
  }
  return {
      .incarnation = 1,
      .epoch = session.epoch(),
      .mark_source = wire::MarkSource::random,
      .trust = wire::Trust::none,
      .peer = client.peer.to_string(),
      .local = client.listener->local,
      .listener = client.listener->settings->name,
      .attributes = client.attributes ? *client.attributes : wire::Attributes(),
      .resumed = session.epoch() > 1,
      .last_acked_seq = session.last_acked(),
      .proxy_tlvs = std::move(tlvs),
      .next_seq = session.last_seq() + 1,
  };
}

wire::Closed closing_of(const Client& client, CloseReason reason) {
  return {
      .reason = reason,
      .last_seq = client.session.last_seq(),
      .unfinished_bytes = client.framer.unfinished_bytes(),
      .written_bytes = client.session.bytes_down(),
  };
}

}  // namespace waymark::proxy
