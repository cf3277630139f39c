#include "identity/proxy_header.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace waymark::identity {
namespace {

using Verdict = ProxyHeader::Verdict;
using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string u16(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string binary(char command, char family, const std::string& block) {
  return kSignature + command + family + u16(block.size()) + block;
}

std::string tlv(char type, const std::string& value) { return type + u16(value.size()) + value; }

// 192.0.2.1:56324 to 203.0.113.7:443
const std::string kInet = "\xc0\x00\x02\x01\xcb\x00\x71\x07\xdc\x04\x01\xbb"s;
// [2001:db8::1]:56324 to [2001:db8::2]:443
const std::string kHost6 = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"s;
const std::string kInet6 = kHost6 + "\x01"s + kHost6 + "\x02\xdc\x04\x01\xbb"s;

struct Row {
  const char* what;
  std::string bytes;
  std::string why;  // empty: accepted
};

std::vector<Row> accepted() {
  const std::string ssl = "\x01\0\0\0\0"s + tlv('\x21', "TLSv1.3");
  return {
      {"TCP4", "PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n", ""},
      {"TCP6", "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", ""},
      {"UNKNOWN", "PROXY UNKNOWN\r\n", ""},
      {"UNKNOWN with more", "PROXY UNKNOWN ffff:f... 1 2 3\r\n", ""},
      {"the longest line", "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n", ""},
      {"port 0", "PROXY TCP4 192.0.2.1 203.0.113.7 0 65535\r\n", ""},
      {"INET", binary('\x21', '\x11', kInet), ""},
      {"INET6", binary('\x21', '\x21', kInet6), ""},
      {"UNIX", binary('\x21', '\x31', std::string(216, '/')), ""},
      {"UNSPEC", binary('\x21', '\x00', ""), ""},
      {"UNSPEC with junk", binary('\x21', '\x00', "\xff\xff"), ""},
      {"INET, transport not told", binary('\x21', '\x10', kInet), ""},
      {"LOCAL, length 0", binary('\x20', '\x00', ""), ""},
      {"LOCAL, junk", binary('\x20', '\xff', "\xff\xff\xff junk"), ""},
      {"LOCAL, addresses", binary('\x20', '\x11', kInet), ""},
      {"TLVs",
       binary('\x21', '\x11', kInet + tlv('\x01', "h2") + tlv('\x04', "") + tlv('\xe0', "x")), ""},
      {"unique id", binary('\x21', '\x11', kInet + tlv('\x05', std::string(128, 'i'))), ""},
      {"SSL", binary('\x21', '\x11', kInet + tlv('\x20', ssl)), ""},
      {"checksum", binary('\x21', '\x11', kInet + tlv('\x03', "\xe0\xbd\x2d\xd1")), ""},
      {"the longest", binary('\x21', '\x11', kInet + tlv('\xe0', std::string(4065, 'x'))), ""},
  };
}

std::vector<Row> refused() {
  const std::string inner = "\x21\0\x09TLSv1.3"s;  // says nine bytes, has seven
  return {
      {"no header", "GET / HTTP/1.1\r\n", "no PROXY header"},
      {"lower case", "proxy TCP4 192.0.2.1 203.0.113.7 1 2\r\n", "no PROXY header"},
      {"half a signature", "\r\n\r\n\0\r\nQUID\n"s, "no PROXY header"},
      {"v1: no end", "PROXY TCP4 " + std::string(200, '1'), "the first line has no end"},
      {"v1: one byte too long", "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n",
       "the first line has no end"},
      {"v1: LF alone", "PROXY TCP4 192.0.2.1 203.0.113.7 1 2\n",
       "the first line does not end with CR LF"},
      {"v1: CR alone", "PROXY TCP4 192.0.2.1\r203.0.113.7 1 2",
       "the first line does not end with CR LF"},
      {"v1: LF inside UNKNOWN", "PROXY UNKNOWN a\nb\r\n", "the first line does not end with CR LF"},
      {"v1: CR inside UNKNOWN", "PROXY UNKNOWN a\rb\r\n", "the first line does not end with CR LF"},
      {"v1: NUL in an address", "PROXY TCP4 192.0.2.1\0x 203.0.113.7 1 2\r\n"s,
       "an address of another family, or none"},
      {"v1: another family", "PROXY UDP4 192.0.2.1 203.0.113.7 1 2\r\n",
       "neither TCP4, TCP6 nor UNKNOWN"},
      {"v1: nothing", "PROXY \r\n", "neither TCP4, TCP6 nor UNKNOWN"},
      {"v1: a port short", "PROXY TCP4 192.0.2.1 203.0.113.7 1\r\n",
       "not two addresses and two ports"},
      {"v1: a word more", "PROXY TCP4 192.0.2.1 203.0.113.7 1 2 3\r\n",
       "not two addresses and two ports"},
      {"v1: a space more", "PROXY TCP4 192.0.2.1 203.0.113.7 1 2 \r\n",
       "not two addresses and two ports"},
      {"v1: two spaces", "PROXY TCP4  192.0.2.1 203.0.113.7 1 2\r\n",
       "not two addresses and two ports"},
      {"v1: v6 in TCP4", "PROXY TCP4 2001:db8::1 203.0.113.7 1 2\r\n",
       "an address of another family, or none"},
      {"v1: v4 in TCP6", "PROXY TCP6 192.0.2.1 2001:db8::2 1 2\r\n",
       "an address of another family, or none"},
      {"v1: a name", "PROXY TCP4 localhost 203.0.113.7 1 2\r\n",
       "an address of another family, or none"},
      {"v1: port too large", "PROXY TCP4 192.0.2.1 203.0.113.7 65536 2\r\n", "a port that is none"},
      {"v1: leading zero", "PROXY TCP4 192.0.2.1 203.0.113.7 01 2\r\n", "a port that is none"},
      {"v1: sign", "PROXY TCP4 192.0.2.1 203.0.113.7 +1 2\r\n", "a port that is none"},
      {"v2: version 1", binary('\x11', '\x11', kInet), "another version than 2"},
      {"v2: version 3", binary('\x31', '\x11', kInet), "another version than 2"},
      {"v2: command 2", binary('\x22', '\x11', kInet), "neither LOCAL nor PROXY"},
      {"v2: family 4", binary('\x21', '\x41', kInet), "an unknown family or transport"},
      {"v2: transport 3", binary('\x21', '\x13', kInet), "an unknown family or transport"},
      {"v2: UDP", binary('\x21', '\x12', kInet), "datagrams do not come over TCP"},
      {"v2: INET short", binary('\x21', '\x11', kInet.substr(1)), "shorter than its addresses"},
      {"v2: INET6 short", binary('\x21', '\x21', kInet6.substr(1)), "shorter than its addresses"},
      {"v2: UNIX short", binary('\x21', '\x31', std::string(215, '/')),
       "shorter than its addresses"},
      {"v2: too long", binary('\x21', '\x11', kInet + tlv('\xe0', std::string(4066, 'x'))),
       "longer than 4096 bytes"},
      {"v2: a TLV without length", binary('\x21', '\x11', kInet + "\x05"),
       "TLVs do not fit the length"},
      {"v2: a TLV that overruns", binary('\x21', '\x11', kInet + "\x05\0\x03id"s),
       "TLVs do not fit the length"},
      {"v2: the last of two overruns",
       binary('\x21', '\x11', kInet + tlv('\x01', "h2") + "\x05\xff\xff"s),
       "TLVs do not fit the length"},
      {"v2: unique id too long", binary('\x21', '\x11', kInet + tlv('\x05', std::string(129, 'i'))),
       "a unique id that is too long"},
      {"v2: SSL shorter than its prefix",
       binary('\x21', '\x11', kInet + tlv('\x20', "\x01\0\0\0"s)),
       "TLVs inside the SSL one do not fit it"},
      {"v2: SSL that lies", binary('\x21', '\x11', kInet + tlv('\x20', "\x01\0\0\0\0"s + inner)),
       "TLVs inside the SSL one do not fit it"},
      {"v2: wrong checksum", binary('\x21', '\x11', kInet + tlv('\x03', "\xe0\xbd\x2d\xd2")),
       "the checksum is wrong"},
      {"v2: checksum of three bytes", binary('\x21', '\x11', kInet + tlv('\x03', "\xe0\xbd\x2d")),
       "a checksum that is none"},
  };
}

TEST_CASE("PROXY headers that are accepted, with what comes behind them in the same segment") {
  for (const Row& row : accepted()) {
    INFO(row.what);
    for (const std::string& behind : {""s, "\x03 the client's own"s}) {
      const std::string bytes = row.bytes + behind;
      const ProxyHeader header = read_proxy_header(bytes);
      INFO(header.why);
      REQUIRE(header.verdict == Verdict::accepted);
      REQUIRE(header.size == row.bytes.size());
    }
  }
}

TEST_CASE("PROXY headers that are refused, and why") {
  for (const Row& row : refused()) {
    INFO(row.what);
    const ProxyHeader header = read_proxy_header(row.bytes);
    REQUIRE(header.verdict == Verdict::malformed);
    REQUIRE(header.why == row.why);
  }
}

TEST_CASE(
    "a PROXY header is incomplete at every split point, and refused no later than as a whole") {
  for (const Row& row : accepted()) {
    INFO(row.what);
    for (std::size_t size = 0; size < row.bytes.size(); ++size) {
      REQUIRE(read_proxy_header(row.bytes.substr(0, size)).verdict == Verdict::incomplete);
    }
  }
  for (const Row& row : refused()) {
    INFO(row.what);
    bool malformed = false;
    for (std::size_t size = 0; size <= row.bytes.size(); ++size) {
      const Verdict verdict = read_proxy_header(row.bytes.substr(0, size)).verdict;
      REQUIRE(verdict == (malformed ? Verdict::malformed : verdict));
      REQUIRE(verdict != Verdict::accepted);
      malformed |= verdict == Verdict::malformed;
    }
    REQUIRE(malformed);
  }
}

TEST_CASE("what a PROXY header says of the client") {
  const std::string tlvs = tlv('\x01', "h2") + tlv('\x05', "first") + tlv('\x05', "second");
  const std::string bytes = binary('\x21', '\x21', kInet6 + tlvs);
  const ProxyHeader six = read_proxy_header(bytes);
  REQUIRE(six.source);
  CHECK(six.source->v6);
  CHECK(six.source->port == 56324);
  CHECK(six.source->host[15] == 1);
  CHECK(six.destination->host[15] == 2);
  CHECK(six.destination->port == 443);
  CHECK(six.tlvs == tlvs);
  CHECK(six.tlv(0x05) == "first");
  CHECK(!six.tlv(0x20));

  const ProxyHeader text = read_proxy_header("PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n");
  CHECK(text.source == read_proxy_header(binary('\x21', '\x11', kInet)).source);
  for (const std::string& own : {"PROXY UNKNOWN\r\n"s, binary('\x20', '\x11', kInet),
                                 binary('\x21', '\x31', std::string(216, '/'))}) {
    CHECK(!read_proxy_header(own).source);
    CHECK(read_proxy_header(own).tlvs.empty());
  }
}

}  // namespace
}  // namespace waymark::identity
