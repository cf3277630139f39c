#include "load/payload.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace waymark::load {
namespace {

// SplitMix64 (Steele, Lea and Flood, 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  if (std::memcmp(a.data(), b.data(), size) == 0) return size;
  const auto differs =
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(size), b.begin());
  return static_cast<std::size_t>(differs.first - a.begin());
}

}  // namespace

std::size_t FrameImage::copy(std::size_t offset, char* out, std::size_t capacity) const {
  std::size_t copied = 0;
  for (const std::string_view part : {std::string_view(head_.data(), head_size_), body_, tail_}) {
    if (offset >= part.size()) {
      offset -= part.size();
      continue;
    }
    const std::size_t size = std::min(part.size() - offset, capacity - copied);
    std::memcpy(out + copied, part.data() + offset, size);
    copied += size;
    offset = 0;
  }
  return copied;
}

std::size_t FrameImage::match(std::size_t offset, std::string_view bytes) const {
  std::size_t matched = 0;
  for (const std::string_view part : {std::string_view(head_.data(), head_size_), body_, tail_}) {
    if (offset >= part.size()) {
      offset -= part.size();
      continue;
    }
    const std::string_view expected = part.substr(offset, bytes.size() - matched);
    const std::size_t equal = common_prefix(expected, bytes.substr(matched));
    matched += equal;
    if (equal < expected.size()) break;
    offset = 0;
  }
  return matched;
}

Payloads::Payloads(std::uint64_t seed, Envelope envelope, SizeRange sizes)
    : seed_(mix(seed)), envelope_(std::move(envelope)), sizes_(sizes) {
  const std::bitset<256> forbidden = envelope_.forbidden();
  std::string alphabet = "0123456789abcdef";
  for (int value = 0; value < 256; ++value) alphabet.push_back(static_cast<char>(value));
  std::erase_if(alphabet, [&](char c) { return forbidden[static_cast<unsigned char>(c)]; });

  digit_values_.fill(-1);
  std::size_t taken = 0;
  for (const char c : alphabet) {
    auto& value = digit_values_[static_cast<unsigned char>(c)];
    if (value >= 0) continue;
    value = static_cast<std::int8_t>(taken);
    digits_[taken++] = c;
    if (taken == digits_.size()) break;
  }

  block_.resize(kOffsets + sizes_.max);
  std::uint64_t random = seed_;
  for (char& c : block_) {
    random = mix(random);
    c = alphabet[random % alphabet.size()];
  }
}

std::uint64_t Payloads::hash(std::uint32_t connection, std::uint32_t frame) const {
  return mix(seed_ ^ (std::uint64_t{connection} << 32 | frame));
}

std::size_t Payloads::size_of(std::uint64_t hash) const {
  return sizes_.min + (hash >> 32) % (sizes_.max - sizes_.min + 1);
}

std::size_t Payloads::wire_size(std::uint32_t connection, std::uint32_t frame) const {
  const std::size_t size = size_of(hash(connection, frame));
  char prefix[Envelope::kMaxPrefix];
  return envelope_.write_prefix(size, prefix) + size + envelope_.suffix().size();
}

FrameImage Payloads::image(std::uint32_t connection, std::uint32_t frame) const {
  const std::uint64_t random = hash(connection, frame);
  const std::size_t size = size_of(random);
  FrameImage image;
  const std::size_t prefix = envelope_.write_prefix(size, image.head_.data());
  const std::size_t header = size >= Header::kSize ? Header::kSize : 0;
  if (header > 0) {
    char* out = image.head_.data() + prefix;
    write_digits(connection, out);
    write_digits(frame, out + 8);
    write_digits(static_cast<std::uint32_t>(size), out + 16);
  }
  image.prefix_size_ = static_cast<std::uint8_t>(prefix);
  image.head_size_ = static_cast<std::uint8_t>(prefix + header);
  image.body_ = std::string_view(block_).substr(random % kOffsets, size - header);
  image.tail_ = envelope_.suffix();
  return image;
}

std::array<char, 8> Payloads::digits_of(std::uint32_t connection) const {
  std::array<char, 8> digits;
  write_digits(connection, digits.data());
  return digits;
}

std::optional<Header> Payloads::read_header(std::string_view bytes) const {
  if (bytes.size() < Header::kSize) return std::nullopt;
  const auto connection = read_digits(bytes.substr(0, 8));
  const auto frame = read_digits(bytes.substr(8, 8));
  const auto size = read_digits(bytes.substr(16, 8));
  if (!connection || !frame || !size) return std::nullopt;
  if (*size != size_of(hash(*connection, *frame))) return std::nullopt;
  return Header{*connection, *frame, *size};
}

void Payloads::write_digits(std::uint32_t number, char* out) const {
  for (int i = 0; i < 8; ++i) out[i] = digits_[number >> (28 - 4 * i) & 15];
}

std::optional<std::uint32_t> Payloads::read_digits(std::string_view bytes) const {
  std::uint32_t number = 0;
  for (const char c : bytes) {
    const int value = digit_values_[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    number = number << 4 | static_cast<std::uint32_t>(value);
  }
  return number;
}

}  // namespace waymark::load
