#include "proxy/opening.h"

#include <utility>
#include <vector>

#include "identity/proxy_header.h"

namespace waymark::proxy {
namespace {

wire::MarkSource source_of(const Client& client) {
  if (!client.incarnation) return wire::MarkSource::random;
  switch (client.incarnation->identity.source) {
    case identity::Source::random:
      return wire::MarkSource::random;
    case identity::Source::tls_client_certificate:
      return wire::MarkSource::tls_client_certificate;
    case identity::Source::proxy_tlv:
      return wire::MarkSource::proxy_tlv;
    case identity::Source::first_frame:
      return wire::MarkSource::first_frame;
    case identity::Source::source_ip:
      return wire::MarkSource::source_ip;
    case identity::Source::upstream:
      return wire::MarkSource::upstream;
  }
  return wire::MarkSource::unspecified;
}

wire::Trust trust_of(const Client& client) {
  if (!client.incarnation) return wire::Trust::none;
  switch (client.incarnation->identity.trust) {
    case identity::Trust::none:
      return wire::Trust::none;
    case identity::Trust::claimed:
      return wire::Trust::claimed;
    case identity::Trust::vouched:
      return wire::Trust::vouched;
    case identity::Trust::proven:
      return wire::Trust::proven;
  }
  return wire::Trust::unspecified;
}

std::string key_of(const Client& client) {
  const bool exposed = client.incarnation && client.listener->settings->identity.expose_key;
  return exposed ? client.incarnation->identity.key : std::string();
}

std::optional<wire::Tls> tls_of(const Client& client) {
  if (client.tls() == nullptr) return std::nullopt;
  net::TlsFacts facts = client.tls()->facts();
  return wire::Tls{.version = std::move(facts.version),
                   .cipher = std::move(facts.cipher),
                   .sni = std::move(facts.sni),
                   .client_subject = std::move(facts.subject),
                   .client_spki_sha256 = std::move(facts.spki_sha256),
                   .client_names = std::move(facts.alternative_names)};
}

}  // namespace

wire::Opened opening_of(const Client& client) {
  const session::Session& session = client.session;
  std::vector<wire::Tlv> tlvs;
  if (client.proxy_tlvs) {
    identity::for_each_tlv(*client.proxy_tlvs, [&tlvs](std::uint8_t type, std::string_view value) {
      tlvs.push_back({type, std::string(value)});
    });
  }
  return {
      .incarnation = client.incarnation_number(),
      .epoch = session.epoch(),
      .mark_source = source_of(client),
      .trust = trust_of(client),
      .key = key_of(client),
      .peer = client.peer.to_string(),
      .local = client.listener->local,
      .listener = client.listener->settings->name,
      .attributes = client.attributes ? *client.attributes : wire::Attributes(),
      .resumed = session.epoch() > 1,
      .last_acked_seq = session.last_acked(),
      .proxy_tlvs = std::move(tlvs),
      .next_seq = session.last_seq() + 1,
      .returning = client.incarnation && client.incarnation->returning,
      .away_ms = client.incarnation ? client.incarnation->away_ms : 0,
      .tls = tls_of(client),
  };
}

wire::Marked marking_of(const Client& client, const Mark& old) {
  return {
      .old_mark = old,
      .mark_source = source_of(client),
      .trust = trust_of(client),
      .key = key_of(client),
      .incarnation = client.incarnation_number(),
      .returning = client.incarnation && client.incarnation->returning,
      .away_ms = client.incarnation ? client.incarnation->away_ms : 0,
  };
}

wire::Closed closing_of(const Client& client, CloseReason reason) {
  return {
      .reason = reason,
      .last_seq = client.session.last_seq(),
      .unfinished_bytes = client.framer.unfinished_bytes(),
      .written_bytes = client.session.bytes_down(),
      .incarnation = client.incarnation_number(),
  };
}

}  // namespace waymark::proxy
