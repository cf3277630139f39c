#include "identity/identity.h"

#include <algorithm>
#include <array>

#include "identity/sha1.h"

namespace waymark::identity {
namespace {

Mark uuid_v5(const Mark& space, std::string_view name) {
  const Sha1Digest digest = sha1(space.bytes(), name);
  std::array<std::uint8_t, Mark::kSize> bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x50);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  return Mark(bytes);
}

std::string text_of(const Identity& identity) {
  std::string text(name_of(identity.source));
  text += ':';
  text += identity.key;
  return text;
}

}  // namespace

std::string_view name_of(Source source) {
  switch (source) {
    case Source::random:
      return "random";
    case Source::tls_client_certificate:
      return "tls_client_certificate";
    case Source::proxy_tlv:
      return "proxy_tlv";
    case Source::first_frame:
      return "first_frame";
    case Source::source_ip:
      return "source_ip";
    case Source::upstream:
      return "upstream";
  }
  return "";
}

std::string_view name_of(Trust trust) {
  switch (trust) {
    case Trust::none:
      return "none";
    case Trust::claimed:
      return "claimed";
    case Trust::vouched:
      return "vouched";
    case Trust::proven:
      return "proven";
  }
  return "";
}

const Mark& default_namespace() {
  static const Mark kDns = *Mark::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  static const Mark kWaymark = uuid_v5(kDns, "waymark");
  return kWaymark;
}

Mark derived_mark(const Mark& space, const Identity& identity) {
  return uuid_v5(space, text_of(identity));
}

Mark derived_mark(const Mark& space, const Identity& identity, std::uint64_t incarnation) {
  return uuid_v5(space, text_of(identity) + '#' + std::to_string(incarnation));
}

}  // namespace waymark::identity
