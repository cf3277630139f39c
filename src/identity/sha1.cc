#include "identity/sha1.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace waymark::identity {
namespace {

constexpr std::size_t kBlock = 64;

class Hasher {
 public:
  void add(std::string_view bytes) {
    size_ += bytes.size();
    while (!bytes.empty()) {
      const std::size_t part = std::min(bytes.size(), kBlock - filled_);
      std::memcpy(block_.data() + filled_, bytes.data(), part);
      bytes.remove_prefix(part);
      filled_ += part;
      if (filled_ == kBlock) take_block();
    }
  }

  Sha1Digest end() {
    const std::uint64_t bits = size_ * 8;
    constexpr std::string_view kEnd("\x80", 1);
    constexpr std::string_view kZero("\0", 1);
    add(kEnd);
    while (filled_ != kBlock - sizeof bits) add(kZero);
    for (int shift = 56; shift >= 0; shift -= 8) {
      block_[filled_++] = static_cast<std::uint8_t>(bits >> shift);
    }
    take_block();
    Sha1Digest digest;
    for (std::size_t i = 0; i < digest.size(); ++i) {
      digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
    }
    return digest;
  }

 private:
  void take_block() {
    filled_ = 0;
    std::array<std::uint32_t, 80> words;
    for (std::size_t i = 0; i < 16; ++i) {
      words[i] = std::uint32_t{block_[4 * i]} << 24 | std::uint32_t{block_[4 * i + 1]} << 16 |
                 std::uint32_t{block_[4 * i + 2]} << 8 | std::uint32_t{block_[4 * i + 3]};
    }
    for (std::size_t i = 16; i < words.size(); ++i) {
      words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    auto [a, b, c, d, e] = state_;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint32_t next = std::rotl(a, 5) + mixed(i, b, c, d) + e + words[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    state_[0] += a;
    state_[1] += b;
    state_[2] += c;
    state_[3] += d;
    state_[4] += e;
  }

  // The function and the constant of round `i` (sections 5 and 6.1).
  static std::uint32_t mixed(std::size_t i, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    if (i < 20) return ((b & c) | (~b & d)) + 0x5a827999;
    if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1;
    if (i < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
  }

  std::array<std::uint32_t, 5> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::array<std::uint8_t, kBlock> block_;
  std::size_t filled_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace

Sha1Digest sha1(std::string_view head, std::string_view tail) {
  Hasher hasher;
  hasher.add(head);
  hasher.add(tail);
  return hasher.end();
}

}  // namespace waymark::identity
