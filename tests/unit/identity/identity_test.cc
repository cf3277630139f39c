#include "identity/identity.h"

#include <catch2/catch.hpp>
#include <set>

#include "identity/sha1.h"

namespace waymark::identity {
namespace {

std::string hex(const Sha1Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

TEST_CASE("SHA-1 gives the digests of RFC 3174, in one piece or in two") {
  CHECK(hex(sha1("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(hex(sha1(std::string(1'000'000, 'a'))) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  const std::string text(200, 'x');
  for (std::size_t split = 0; split <= text.size(); ++split) {
    REQUIRE(sha1(std::string_view(text).substr(0, split), std::string_view(text).substr(split)) ==
            sha1(text));
  }
}

TEST_CASE("a derived mark is the UUIDv5 of source and key") {
  // python3 -c "import uuid; print(uuid.uuid5(uuid.NAMESPACE_DNS, 'first_frame:356307042441013'))"
  const Mark dns = *Mark::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  const Identity imei{Source::first_frame, Trust::claimed, "356307042441013"};
  CHECK(derived_mark(dns, imei).to_string() == "dac15f6f-32dd-5232-b580-2edb7a71b49d");
  CHECK(default_namespace().to_string() == "c2f7dece-e263-50d8-ba81-6db6433833df");
}

TEST_CASE("marks differ by namespace, source, key and number, and not by trust") {
  const Identity one{Source::first_frame, Trust::claimed, "4711"};
  Identity trusted = one;
  trusted.trust = Trust::proven;
  CHECK(derived_mark(default_namespace(), one) == derived_mark(default_namespace(), trusted));
  const std::set<Mark> marks = {
      derived_mark(default_namespace(), one),
      derived_mark(Mark(), one),
      derived_mark(default_namespace(), {Source::source_ip, Trust::claimed, "4711"}),
      derived_mark(default_namespace(), {Source::first_frame, Trust::claimed, "4712"}),
      derived_mark(default_namespace(), one, 1),
      derived_mark(default_namespace(), one, 2),
  };
  CHECK(marks.size() == 6);
}

TEST_CASE("every source and every trust has a name") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kSources; ++i) names.insert(name_of(static_cast<Source>(i)));
  CHECK(names.size() == kSources);
  CHECK_FALSE(names.contains(""));
}

}  // namespace
}  // namespace waymark::identity
