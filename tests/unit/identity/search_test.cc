#include "identity/search.h"

#include <catch2/catch.hpp>

namespace waymark::identity {
namespace {

Rule frame_rule(FrameRule rule) { return {std::move(rule), Trust::claimed}; }

FrameRule pattern(std::string_view text, std::size_t frames = 1) {
  return {.starts_with = "", .where = *pattern_of(text), .frames = frames};
}

std::string tlv(std::uint8_t type, std::string_view value) {
  std::string bytes(1, static_cast<char>(type));
  bytes += static_cast<char>(value.size() >> 8);
  bytes += static_cast<char>(value.size());
  return bytes.append(value);
}

TEST_CASE("what is known at once needs no frame") {
  const Rules rules = {{TlvRule{}, Trust::vouched}, {SourceIpRule(), Trust::claimed}};
  const Search by_ip(rules, {.source_ip = "192.0.2.1"});
  CHECK_FALSE(by_ip.is_open());
  CHECK(by_ip.found() == Identity{Source::source_ip, Trust::claimed, "192.0.2.1"});
  const std::string tlvs = tlv(0x01, "h2") + tlv(TlvRule::kUniqueId, "abc") + tlv(5, "second");
  const Search by_tlv(rules, {.source_ip = "192.0.2.1", .proxy_tlvs = tlvs});
  CHECK(by_tlv.found() == Identity{Source::proxy_tlv, Trust::vouched, "abc"});
}

TEST_CASE("a certificate is known by its key or by a name") {
  const Rules by_key = {{CertificateRule{CertificateRule::Field::spki}, Trust::proven}};
  const Rules by_name = {{CertificateRule{CertificateRule::Field::san}, Trust::proven}};
  const Known shown{.certificate_spki = "00ff", .certificate_sans = {"dev-7", "dev-8"}};
  CHECK(Search(by_key, shown).found().key == "00ff");
  CHECK(Search(by_name, shown).found().key == "dev-7");
  CHECK(Search(by_name, {}).found() == Identity());
  CHECK(Search(by_key, {}).found() == Identity());
}

TEST_CASE("a rule that comes first is waited for, and no longer than its frames") {
  const Rules rules = {frame_rule(pattern("id=(.*)", 2)), {SourceIpRule(), Trust::claimed}};
  Search search(rules, {.source_ip = "192.0.2.1"});
  CHECK(search.is_open());
  CHECK(search.found().source == Source::source_ip);  // unless a frame says more
  search.frame("hello");
  CHECK(search.is_open());
  SECTION("its key comes") {
    search.frame("id=7");
    CHECK_FALSE(search.is_open());
    CHECK(search.found() == Identity{Source::first_frame, Trust::claimed, "7"});
    search.frame("id=8");
    CHECK(search.found().key == "7");
  }
  SECTION("it does not") {
    search.frame("nothing");
    CHECK_FALSE(search.is_open());
    search.frame("id=9");
    CHECK(search.found().source == Source::source_ip);
  }
}

TEST_CASE("of two rules for frames the first one wins, whichever key comes first") {
  const Rules rules = {frame_rule(pattern("a=(.*)", 2)), frame_rule(pattern("b=(.*)", 2))};
  Search search(rules, {});
  search.frame("b=1");
  CHECK(search.found().key == "1");
  CHECK(search.is_open());
  search.frame("a=2");
  CHECK(search.found().key == "2");
}

TEST_CASE("random ends the search") {
  const Rules rules = {{RandomRule(), Trust::none}, {SourceIpRule(), Trust::claimed}};
  const Search search(rules, {.source_ip = "192.0.2.1"});
  CHECK_FALSE(search.is_open());
  CHECK(search.found() == Identity());
}

TEST_CASE("a slice has to lie in its frame") {
  const FrameRule rule{.starts_with = "##", .where = FrameSlice{2, 3}};
  CHECK(key_in(rule, "##abc") == "abc");
  CHECK(key_in(rule, "##abcd") == "abc");
  CHECK_FALSE(key_in(rule, "##ab"));
  CHECK_FALSE(key_in(rule, "#-abc"));
  CHECK_FALSE(key_in(rule, ""));
  const FrameRule rest{.starts_with = "", .where = FrameSlice{2, 0}};
  CHECK(key_in(rest, "..abcd") == "abcd");
  CHECK_FALSE(key_in(rest, ".."));
}

TEST_CASE("expressions see bytes, and give their group or all they match") {
  CHECK(key_in(pattern("imei:[0-9]+"), "x imei:123,y") == "imei:123");
  CHECK(key_in(pattern("imei:([0-9]+)"), "x imei:123,y") == "123");
  CHECK(key_in(pattern("\\xff(..)"),
               "\xff"
               "ab") == "ab");
  CHECK_FALSE(key_in(pattern("(x)?y"), "y"));  // the group has matched nothing
  CHECK(pattern_of("(a)(b)").status().message().find("2 groups") != std::string_view::npos);
  CHECK_FALSE(pattern_of("(a").ok());
}

TEST_CASE("JSON is looked into where it is JSON") {
  const FrameRule rule{.starts_with = "", .where = *pointer_of("/a~1b/0")};
  CHECK(key_in(rule, R"({"a/b": ["x"]})") == "x");
  CHECK(key_in(rule, R"({"a/b": [-7]})") == "-7");
  for (const char* text :
       {R"({"a/b": [1.5]})", R"({"a/b": []})", R"({"a/b": "x"})", R"({"a/b": [true]})",
        R"({"a/b": [{}]})", "not json", R"({"a/b": ["x"])", "", "[[[["}) {
    CHECK_FALSE(key_in(rule, text));
  }
  CHECK_FALSE(key_in(rule, std::string(100'000, '[')));
  for (const char* pointer :
       {"/", "/a/", "/a//b", "/99999999999999999999999", "/-", "/01", "/1x"}) {
    const FrameRule odd{.starts_with = "", .where = *pointer_of(pointer)};
    for (const char* text : {"[]", R"({"a": []})", R"({"a": [[]]})", "[[1], [2]]", "7"}) {
      CHECK_FALSE(key_in(odd, text));
    }
  }
  CHECK(key_in({.starts_with = "", .where = *pointer_of("/")}, R"({"": "x"})") == "x");
  CHECK(key_in({.starts_with = "", .where = *pointer_of("")}, "4711") == "4711");
  for (const char* text : {"a", "/~", "/a~2"}) CHECK_FALSE(pointer_of(text).ok());
}

}  // namespace
}  // namespace waymark::identity
