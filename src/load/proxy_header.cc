#include "load/proxy_header.h"

#include <fmt/format.h>

#include <string_view>

namespace waymark::load {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint32_t kSource = 198u << 24 | 18u << 16;       // 198.18.0.0
constexpr std::uint32_t kDestination = kSource | 1u << 16 | 1;  // 198.19.0.1
constexpr std::uint16_t kDestinationPort = 7999;
constexpr std::uint16_t kFirstSourcePort = 1024;

std::string dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff,
                     address & 0xff);
}

void append_big_endian(std::string& out, std::uint32_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift & 0xff));
  }
}

}  // namespace

std::string proxy_header(ProxyVersion version, std::uint32_t connection) {
  const std::uint32_t source = kSource | (connection & 0xffff);
  const std::uint32_t source_port = kFirstSourcePort + (connection >> 16) % (65536 - 1024);
  if (version == ProxyVersion::v1) {
    return fmt::format("PROXY TCP4 {} {} {} {}\r\n", dotted(source), dotted(kDestination),
                       source_port, kDestinationPort);
  }
  std::string out("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"sv);  // version 2, PROXY; TCP4; 12 bytes
  append_big_endian(out, source, 4);
  append_big_endian(out, kDestination, 4);
  append_big_endian(out, source_port, 2);
  append_big_endian(out, kDestinationPort, 2);
  return out;
}

}  // namespace waymark::load
