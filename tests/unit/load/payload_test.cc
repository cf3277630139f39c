#include "load/payload.h"

#include <catch2/catch.hpp>
#include <set>

namespace waymark::load {
namespace {

std::string bytes_of(const FrameImage& image) {
  std::string bytes(image.size(), '\0');
  REQUIRE(image.copy(0, bytes.data(), bytes.size()) == bytes.size());
  return bytes;
}

Envelope envelope(std::string_view text) { return Envelope::parse(text).value(); }

TEST_CASE("the same seed makes the same frames, another one others") {
  const Payloads a(1, envelope("line"), {64, 4096});
  const Payloads b(1, envelope("line"), {64, 4096});
  const Payloads other(2, envelope("line"), {64, 4096});
  CHECK(bytes_of(a.image(7, 3)) == bytes_of(b.image(7, 3)));
  CHECK(bytes_of(a.image(7, 3)) != bytes_of(other.image(7, 3)));
  CHECK(bytes_of(a.image(7, 3)) != bytes_of(a.image(7, 4)));
  CHECK(bytes_of(a.image(7, 3)) != bytes_of(a.image(8, 3)));
}

TEST_CASE("sizes stay in their range and differ") {
  const Payloads payloads(1, Envelope(), {24, 40});
  std::set<std::size_t> sizes;
  for (std::uint32_t frame = 0; frame < 1000; ++frame) {
    const std::size_t size = payloads.image(5, frame).size();
    CHECK(size == payloads.wire_size(5, frame));
    sizes.insert(size);
  }
  CHECK(*sizes.begin() == 24);
  CHECK(*sizes.rbegin() == 40);
  CHECK(sizes.size() == 17);
}

TEST_CASE("a payload begins with a header that can be read") {
  const Payloads payloads(1, envelope("length:4"), {100, 200});
  const FrameImage image = payloads.image(0xabcdef01, 77);
  const std::string bytes = bytes_of(image);
  const auto header = payloads.read_header(std::string_view(bytes).substr(image.prefix_size()));
  REQUIRE(header);
  CHECK(*header == Header{0xabcdef01, 77, static_cast<std::uint32_t>(bytes.size() - 4)});
}

TEST_CASE("bytes that are no header are told") {
  const Payloads payloads(1, Envelope(), {64, 64});
  const std::string bytes = bytes_of(payloads.image(1, 2));
  CHECK_FALSE(payloads.read_header(std::string_view(bytes).substr(1)));
  CHECK_FALSE(payloads.read_header(std::string_view(bytes).substr(0, 23)));
  std::string other_size = bytes;
  other_size[23] = other_size[23] == '0' ? '1' : '0';
  CHECK_FALSE(payloads.read_header(other_size));
}

TEST_CASE("a payload never holds a byte of the delimiter, not even in its header") {
  const Payloads payloads(1, envelope("delimiter:0f"), {64, 64});
  for (std::uint32_t frame = 0; frame < 200; ++frame) {
    const std::string bytes = bytes_of(payloads.image(0, frame));
    CHECK(bytes.find_first_of("0f") == 64);
    CHECK(bytes.substr(64) == "0f");
  }
}

TEST_CASE("payloads below the size of a header have none") {
  const Payloads payloads(1, envelope("line"), {1, 23});
  CHECK_FALSE(payloads.has_headers());
  CHECK(bytes_of(payloads.image(0, 0)).size() <= 24);
}

TEST_CASE("an image is copied and matched from any offset") {
  const Payloads payloads(1, envelope("length:4"), {64, 64});
  const FrameImage image = payloads.image(1, 1);
  const std::string whole = bytes_of(image);
  for (std::size_t offset = 0; offset < whole.size(); ++offset) {
    std::string part(9, '\0');
    part.resize(image.copy(offset, part.data(), part.size()));
    CHECK(part == whole.substr(offset, 9));
    CHECK(image.match(offset, part) == part.size());
    part.back() = static_cast<char>(part.back() + 1);
    CHECK(image.match(offset, part) == part.size() - 1);
  }
}

}  // namespace
}  // namespace waymark::load
