#include "identity/search.h"

#include <utility>

#include "identity/proxy_header.h"

namespace waymark::identity {
namespace {

std::optional<std::string> key_of_certificate(const CertificateRule& rule, const Known& known) {
  if (rule.field == CertificateRule::Field::spki) {
    return key_of(known.certificate_spki, KeyForm::ascii);
  }
  if (known.certificate_sans.empty()) return std::nullopt;
  return key_of(known.certificate_sans.front(), KeyForm::ascii);
}

std::optional<std::string> key_of_tlv(const TlvRule& rule, std::string_view tlvs) {
  std::optional<std::string> key;
  for_each_tlv(tlvs, [&](std::uint8_t type, std::string_view value) {
    if (type == rule.type && !key) key = key_of(value, rule.form);
  });
  return key;
}

}  // namespace

Search::Search(const Rules& rules, const Known& known) : rules_(rules), first_(rules.size()) {
  for (std::size_t i = 0; i < rules.size() && first_ == rules.size(); ++i) {
    const Rule& rule = rules[i];
    std::optional<std::string> key;
    if (const auto* certificate = std::get_if<CertificateRule>(&rule.how)) {
      key = key_of_certificate(*certificate, known);
    } else if (const auto* tlv = std::get_if<TlvRule>(&rule.how)) {
      key = key_of_tlv(*tlv, known.proxy_tlvs);
    } else if (std::holds_alternative<SourceIpRule>(rule.how)) {
      key = key_of(known.source_ip, KeyForm::ascii);
    } else if (std::holds_alternative<RandomRule>(rule.how)) {
      first_ = i;
    }
    if (key) take(i, *std::move(key));
  }
}

void Search::frame(std::string_view frame) {
  ++frames_;
  frame = frame.substr(0, kMostBytes);
  for (std::size_t i = 0; i < first_; ++i) {
    const auto* rule = std::get_if<FrameRule>(&rules_[i].how);
    if (rule == nullptr || frames_ > rule->frames) continue;
    if (auto key = key_in(*rule, frame)) return take(i, *std::move(key));
  }
}

bool Search::is_open() const {
  for (std::size_t i = 0; i < first_; ++i) {
    const auto* rule = std::get_if<FrameRule>(&rules_[i].how);
    if (rule != nullptr && frames_ < rule->frames) return true;
  }
  return false;
}

void Search::take(std::size_t rule, std::string key) {
  first_ = rule;
  found_ = {rules_[rule].source(), rules_[rule].trust, std::move(key)};
}

}  // namespace waymark::identity
