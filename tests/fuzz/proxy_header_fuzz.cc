// A verdict that is final stays when more bytes come, and an accepted header lies in what was read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/proxy_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using waymark::identity::ProxyHeader;
  using Verdict = ProxyHeader::Verdict;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ProxyHeader whole = waymark::identity::read_proxy_header(bytes);
  const auto require = [](bool holds) {
    if (!holds) std::abort();
  };
  if (whole.verdict == Verdict::accepted) {
    require(whole.size <= bytes.size() && whole.size <= ProxyHeader::kMostBytes);
    require(whole.tlvs.size() <= whole.size);
    (void)whole.tlv(0x05);
  }
  for (std::size_t cut = 0; cut < size; cut += 1 + cut / 8) {
    const ProxyHeader part = waymark::identity::read_proxy_header(bytes.substr(0, cut));
    require(part.verdict == Verdict::incomplete || part.verdict == whole.verdict);
    require(part.verdict != Verdict::accepted || part.size == whole.size);
  }
  return 0;
}
