#include "app/config_identity.h"

#include <fmt/format.h>

#include <utility>

namespace waymark::app {
namespace {

std::size_t size_of(std::int64_t value) { return static_cast<std::size_t>(value); }

identity::Trust trust_of(schema::KeyTrust trust) {
  switch (trust) {
    case schema::KEY_TRUST_CLAIMED:
      return identity::Trust::claimed;
    case schema::KEY_TRUST_VOUCHED:
      return identity::Trust::vouched;
    case schema::KEY_TRUST_PROVEN:
      return identity::Trust::proven;
    default:
      return identity::Trust::none;
  }
}

identity::KeyForm form_of(schema::KeyForm form) {
  switch (form) {
    case schema::KEY_FORM_BCD:
      return identity::KeyForm::bcd;
    case schema::KEY_FORM_HEX:
      return identity::KeyForm::hex;
    case schema::KEY_FORM_DECIMAL:
      return identity::KeyForm::decimal;
    case schema::KEY_FORM_DECIMAL_LITTLE:
      return identity::KeyForm::decimal_little;
    default:
      return identity::KeyForm::ascii;
  }
}

identity::FrameRule frame_rule_of(const schema::FrameKey& in) {
  identity::FrameRule out{.starts_with = in.starts_with(),
                          .where = {},
                          .form = form_of(in.read()),
                          .frames = size_of(in.frames())};
  if (auto pattern = identity::pattern_of(in.pattern()); !in.pattern().empty() && pattern.ok()) {
    out.where = *std::move(pattern);
  } else if (!in.json_pointer().empty()) {
    out.where = identity::FramePointer{in.json_pointer()};
  } else {
    out.where = identity::FrameSlice{size_of(in.offset()), size_of(in.length())};
  }
  return out;
}

identity::Rule rule_of(const schema::IdentityRule& in) {
  switch (in.from_case()) {
    case schema::IdentityRule::kTlsClientCertificate: {
      const auto field = in.tls_client_certificate().field() == schema::CERTIFICATE_FIELD_SAN
                             ? identity::CertificateRule::Field::san
                             : identity::CertificateRule::Field::spki;
      return {identity::CertificateRule{field}, trust_of(in.tls_client_certificate().trust())};
    }
    case schema::IdentityRule::kProxyTlv:
      return {identity::TlvRule{static_cast<std::uint8_t>(in.proxy_tlv().type()),
                                form_of(in.proxy_tlv().read())},
              trust_of(in.proxy_tlv().trust())};
    case schema::IdentityRule::kFirstFrame:
      return {frame_rule_of(in.first_frame()), trust_of(in.first_frame().trust())};
    case schema::IdentityRule::kSourceIp:
      return {identity::SourceIpRule(), trust_of(in.source_ip().trust())};
    case schema::IdentityRule::kRandom:
    case schema::IdentityRule::FROM_NOT_SET:
      break;
  }
  return {identity::RandomRule(), identity::Trust::none};
}

proxy::Duplicates duplicates_of(schema::Duplicates duplicates) {
  switch (duplicates) {
    case schema::DUPLICATES_REFUSE:
      return proxy::Duplicates::refuse;
    case schema::DUPLICATES_ALLOW:
      return proxy::Duplicates::allow;
    default:
      return proxy::Duplicates::newest_wins;
  }
}

// Why `rule` of `listener` cannot be had; empty if it can.
std::string problem_of(const schema::Listener& listener, const schema::IdentityRule& rule) {
  if (rule.has_proxy_tlv() && !listener.has_proxy_protocol()) {
    return "needs the listener's `proxy_protocol`, which says who is believed";
  }
  if (rule.has_tls_client_certificate() &&
      (!listener.has_tls() || listener.tls().client_auth() == schema::CLIENT_AUTH_NONE)) {
    return "needs the listener's `tls` with `client_auth: require` or `optional`";
  }
  if (!rule.has_first_frame()) return "";
  const schema::FrameKey& frame = rule.first_frame();
  const bool by_place = frame.offset() != 0 || frame.length() != 0;
  const int ways =
      int{by_place} + int{!frame.pattern().empty()} + int{!frame.json_pointer().empty()};
  return ways > 1
             ? "has several of `offset` and `length`, `pattern`, `json_pointer`; allowed is one"
             : "";
}

}  // namespace

proxy::IdentitySettings identity_of(const schema::Listener& in, const Mark& space) {
  proxy::IdentitySettings out{.space = space,
                              .rules = {},
                              .wait = proxy::Millis(in.identity_wait()),
                              .expose_key = in.expose_key(),
                              .duplicates = duplicates_of(in.duplicates()),
                              .max_take_overs = static_cast<std::uint32_t>(in.max_take_overs())};
  for (const schema::IdentityRule& rule : in.identity()) out.rules.push_back(rule_of(rule));
  return out;
}

void check_identity(const schema::Config& config, const Places& places, ErrorReport& report) {
  for (int i = 0; i < config.listeners_size(); ++i) {
    const schema::Listener& listener = config.listeners(i);
    for (int j = 0; j < listener.identity_size(); ++j) {
      const std::string path = fmt::format("listeners[{}].identity[{}]", i, j);
      if (report.touches(path)) continue;
      std::string problem = problem_of(listener, listener.identity(j));
      if (!problem.empty()) report.add(places.find(path), path, std::move(problem));
    }
  }
}

}  // namespace waymark::app
