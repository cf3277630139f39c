#include "identity/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace waymark::identity {
namespace {

using Verdict = ProxyHeader::Verdict;
using std::string_view_literals::operator""sv;

constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::string_view kText = "PROXY ";
constexpr std::size_t kMostTextBytes = 107;  // with its CR LF
constexpr std::size_t kPrefix = 16;          // of version 2, up to its addresses

enum Tlv : std::uint8_t { kCrc32c = 0x03, kUniqueId = 0x05, kSsl = 0x20 };
constexpr std::size_t kMostUniqueId = 128;
constexpr std::size_t kSslPrefix = 5;  // client, verify

ProxyHeader malformed(std::string_view why) { return {.verdict = Verdict::malformed, .why = why}; }

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t u16_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

// --- version 1 ---

// Takes the next word off the front; nullopt unless exactly one space comes behind it, or nothing.
std::optional<std::string_view> take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  if (word.empty()) return std::nullopt;
  return word;
}

bool read_host(std::string_view word, bool v6, ProxyAddress& out) {
  out.v6 = v6;
  if (word.find('\0') != std::string_view::npos) return false;
  return inet_pton(v6 ? AF_INET6 : AF_INET, std::string(word).c_str(), out.host.data()) == 1;
}

bool read_port(std::string_view word, ProxyAddress& out) {
  if (word.size() > 1 && word.front() == '0') return false;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out.port);
  return error == std::errc() && end == word.data() + word.size();
}

ProxyHeader read_text(std::string_view bytes) {
  const std::string_view window = bytes.substr(0, kMostTextBytes);
  // A line feed on its own ends nothing, and nothing else may come behind a carriage return.
  const std::size_t end = window.find_first_of("\r\n"sv);
  if (end == std::string_view::npos || end + 1 == kMostTextBytes) {
    if (window.size() == kMostTextBytes) return malformed("the first line has no end");
    return {};
  }
  if (window[end] == '\n' || (end + 1 < window.size() && window[end + 1] != '\n')) {
    return malformed("the first line does not end with CR LF");
  }
  if (end + 1 == window.size()) return {};
  ProxyHeader header{.verdict = Verdict::accepted, .size = end + 2};
  std::string_view line = window.substr(kText.size(), end - kText.size());
  const std::string_view all = line;
  const auto family = take_word(line);
  if (family == "UNKNOWN") return header;
  if (family != "TCP4" && family != "TCP6") return malformed("neither TCP4, TCP6 nor UNKNOWN");
  const bool v6 = family == "TCP6";
  ProxyAddress source;
  ProxyAddress destination;
  const auto from = take_word(line);
  const auto to = take_word(line);
  const auto from_port = take_word(line);
  const auto to_port = take_word(line);
  if (!from || !to || !from_port || !to_port || !line.empty() || all.ends_with(' ')) {
    return malformed("not two addresses and two ports");
  }
  if (!read_host(*from, v6, source) || !read_host(*to, v6, destination)) {
    return malformed("an address of another family, or none");
  }
  if (!read_port(*from_port, source) || !read_port(*to_port, destination)) {
    return malformed("a port that is none");
  }
  header.source = source;
  header.destination = destination;
  return header;
}

// --- version 2 ---

std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    crc ^= byte_at(bytes, i);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
  }
  return crc;
}

// What is wrong with the TLVs at the end of `header`; empty if nothing is.
std::string_view problem_of(std::string_view header, std::string_view tlvs) {
  std::string_view problem;
  bool checked = false;
  const bool filled = for_each_tlv(tlvs, [&](std::uint8_t type, std::string_view value) {
    if (type == kUniqueId && value.size() > kMostUniqueId) problem = "a unique id that is too long";
    if (type == kSsl) {
      const bool sound = value.size() >= kSslPrefix &&
                         for_each_tlv(value.substr(kSslPrefix), [](std::uint8_t, auto) {});
      if (!sound) problem = "TLVs inside the SSL one do not fit it";
    }
    if (type != kCrc32c) return;
    if (value.size() != 4 || std::exchange(checked, true)) {
      problem = "a checksum that is none";
      return;
    }
    const auto at = static_cast<std::size_t>(value.data() - header.data());
    std::uint32_t crc = crc32c(~0U, header.substr(0, at));
    crc = ~crc32c(crc32c(crc, "\0\0\0\0"sv), header.substr(at + 4));
    const std::uint32_t given = std::uint32_t{u16_at(value, 0)} << 16 | u16_at(value, 2);
    if (crc != given) problem = "the checksum is wrong";
  });
  return filled ? problem : "TLVs do not fit the length";
}

ProxyAddress address_at(std::string_view block, bool v6, std::size_t host, std::size_t port) {
  ProxyAddress address{.v6 = v6, .port = u16_at(block, port)};
  const std::size_t size = v6 ? 16 : 4;
  for (std::size_t i = 0; i < size; ++i) address.host[i] = byte_at(block, host + i);
  return address;
}

ProxyHeader read_binary(std::string_view bytes) {
  if (bytes.size() > 12) {
    const std::uint8_t command = byte_at(bytes, 12);
    if (command >> 4 != 2) return malformed("another version than 2");
    if ((command & 0xf) > 1) return malformed("neither LOCAL nor PROXY");
  }
  const bool local = bytes.size() > 12 && (byte_at(bytes, 12) & 0xf) == 0;
  if (bytes.size() > 13 && !local) {
    const std::uint8_t family = byte_at(bytes, 13);
    if (family >> 4 > 3 || (family & 0xf) > 2) return malformed("an unknown family or transport");
    if ((family & 0xf) == 2) return malformed("datagrams do not come over TCP");
  }
  if (bytes.size() < kPrefix) return {};
  const std::size_t size = kPrefix + u16_at(bytes, 14);
  if (size > ProxyHeader::kMostBytes) return malformed("longer than 4096 bytes");

  const std::uint8_t family = byte_at(bytes, 13);
  constexpr std::array<std::size_t, 4> kBlock{0, 12, 36, 216};  // UNSPEC, INET, INET6, UNIX
  const std::size_t block = local ? 0 : kBlock[family >> 4];
  if (!local && size - kPrefix < block) return malformed("shorter than its addresses");
  if (bytes.size() < size) return {};

  ProxyHeader header{.verdict = Verdict::accepted, .size = size};
  if (local) return header;  // whatever it holds is not for us
  const std::string_view addresses = bytes.substr(kPrefix, block);
  header.tlvs = bytes.substr(kPrefix + block, size - kPrefix - block);
  if (block == 0) {  // UNSPEC: what comes behind is to be skipped
    header.tlvs = {};
    return header;
  }
  if (const auto problem = problem_of(bytes.substr(0, size), header.tlvs); !problem.empty()) {
    return malformed(problem);
  }
  if (family == 0x11) {
    header.source = address_at(addresses, false, 0, 8);
    header.destination = address_at(addresses, false, 4, 10);
  } else if (family == 0x21) {
    header.source = address_at(addresses, true, 0, 32);
    header.destination = address_at(addresses, true, 16, 34);
  }
  return header;
}

}  // namespace

bool for_each_tlv(std::string_view tlvs,
                  absl::FunctionRef<void(std::uint8_t, std::string_view)> visit) {
  while (!tlvs.empty()) {
    if (tlvs.size() < 3) return false;
    const std::size_t size = u16_at(tlvs, 1);
    if (tlvs.size() - 3 < size) return false;
    visit(byte_at(tlvs, 0), tlvs.substr(3, size));
    tlvs.remove_prefix(3 + size);
  }
  return true;
}

std::optional<std::string_view> ProxyHeader::tlv(std::uint8_t type) const {
  std::optional<std::string_view> found;
  (void)for_each_tlv(tlvs, [&](std::uint8_t each, std::string_view value) {
    if (each == type && !found) found = value;
  });
  return found;
}

ProxyHeader read_proxy_header(std::string_view bytes) {
  for (const std::string_view start : {kText, kSignature}) {
    if (!bytes.starts_with(start.substr(0, bytes.size()))) continue;
    if (bytes.size() < start.size()) return {};
    return start == kText ? read_text(bytes) : read_binary(bytes);
  }
  return malformed("no PROXY header");
}

}  // namespace waymark::identity
