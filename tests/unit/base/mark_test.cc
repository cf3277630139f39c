#include "waymark/mark.h"

#include <absl/hash/hash.h>

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <unordered_set>

#include "support/seed.h"

namespace waymark {
namespace {

constexpr char kText[] = "00112233-4455-6677-8899-aabbccddeeff";

Mark random_mark(std::mt19937_64& random) {
  std::array<std::uint8_t, Mark::kSize> bytes;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return Mark(bytes);
}

TEST_CASE("a mark's text holds its bytes in order") {
  const auto mark = Mark::parse(kText);
  REQUIRE(mark);
  CHECK(mark->bytes() ==
        std::string_view("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16));
  CHECK(mark->to_string() == kText);
}

TEST_CASE("upper case is read and lower case is written") {
  const auto mark = Mark::parse("00112233-4455-6677-8899-AABBCCDDEEFF");
  REQUIRE(mark);
  CHECK(mark->to_string() == kText);
}

TEST_CASE("text and bytes both give the mark back") {
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 1000; ++i) {
    const Mark mark = random_mark(random);
    CHECK(Mark::parse(mark.to_string()) == mark);
    CHECK(Mark::from_bytes(mark.bytes()) == mark);
  }
}

TEST_CASE("a text with one wrong character is refused, wherever it is") {
  for (std::size_t i = 0; i < Mark::kTextSize; ++i) {
    for (const char wrong : {'g', 'G', '-', '0', ' ', '/', ':', '@', '`', '\0', '\xff'}) {
      std::string text = kText;
      const bool hyphen_belongs_here = text[i] == '-';
      if (hyphen_belongs_here ? wrong == '-' : wrong == '0') continue;
      text[i] = wrong;
      CAPTURE(text);
      CHECK_FALSE(Mark::parse(text));
    }
  }
}

TEST_CASE("a text of another length or shape is refused") {
  const std::string text = kText;
  for (std::size_t size = 0; size < text.size(); ++size) {
    CHECK_FALSE(Mark::parse(std::string_view(text).substr(0, size)));
  }
  CHECK_FALSE(Mark::parse(text + "0"));
  CHECK_FALSE(Mark::parse("{" + text + "}"));
  CHECK_FALSE(Mark::parse("urn:uuid:" + text));
  CHECK_FALSE(Mark::parse("00112233445566778899aabbccddeeff"));
  CHECK_FALSE(Mark::parse("001122334-455-6677-8899-aabbccddeeff"));
}

TEST_CASE("only 16 bytes are a mark") {
  CHECK_FALSE(Mark::from_bytes(""));
  CHECK_FALSE(Mark::from_bytes(std::string(15, 'x')));
  CHECK_FALSE(Mark::from_bytes(std::string(17, 'x')));
  CHECK(Mark::from_bytes(std::string(16, 'x')));
}

TEST_CASE("the nil mark is the one with no bit set") {
  CHECK(Mark().is_nil());
  CHECK(Mark() == Mark::parse("00000000-0000-0000-0000-000000000000"));
  CHECK_FALSE(Mark::parse("00000000-0000-0000-0000-000000000001")->is_nil());
  CHECK_FALSE(Mark::parse("80000000-0000-0000-0000-000000000000")->is_nil());
}

TEST_CASE("marks are ordered as their texts are") {
  const auto seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 1000; ++i) {
    const Mark a = random_mark(random);
    const Mark b = random_mark(random);
    CHECK((a < b) == (a.to_string() < b.to_string()));
  }
}

TEST_CASE("both hashes follow equality and tell marks of one changed bit apart") {
  std::set<std::size_t> std_hashes;
  std::set<std::size_t> absl_hashes;
  for (std::size_t bit = 0; bit < 8 * Mark::kSize; ++bit) {
    std::array<std::uint8_t, Mark::kSize> bytes{};
    bytes[bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
    const Mark mark(bytes);
    CHECK(std::hash<Mark>()(mark) == std::hash<Mark>()(*Mark::parse(mark.to_string())));
    CHECK(absl::HashOf(mark) == absl::HashOf(*Mark::parse(mark.to_string())));
    std_hashes.insert(std::hash<Mark>()(mark));
    absl_hashes.insert(absl::HashOf(mark));
  }
  CHECK(std_hashes.size() > 120);
  CHECK(absl_hashes.size() > 120);
}

TEST_CASE("a set of marks finds each of them") {
  std::mt19937_64 random(7);
  std::unordered_set<Mark> marks;
  for (int i = 0; i < 1000; ++i) marks.insert(random_mark(random));
  CHECK(marks.size() == 1000);
  random.seed(7);
  for (int i = 0; i < 1000; ++i) CHECK(marks.contains(random_mark(random)));
  CHECK_FALSE(marks.contains(random_mark(random)));
}

}  // namespace
}  // namespace waymark
