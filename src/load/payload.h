// The bytes every connection sends: a function of (seed, connection, frame), so that the receiving
// side knows what to expect without keeping what was sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "load/envelope.h"

namespace waymark::load {

struct SizeRange {
  std::size_t min = 64;
  std::size_t max = 64;
};

// Begins every payload of kSize bytes or more: three numbers of eight digits each.
struct Header {
  static constexpr std::size_t kSize = 24;

  std::uint32_t connection = 0;
  std::uint32_t frame = 0;
  std::uint32_t size = 0;  // of the payload, this header included

  friend bool operator==(const Header&, const Header&) = default;
};

// One frame as it stands on the wire: prefix and header, body, suffix. The views point into the
// Payloads that made it.
class FrameImage {
 public:
  [[nodiscard]] std::size_t size() const { return head_size_ + body_.size() + tail_.size(); }
  [[nodiscard]] std::size_t prefix_size() const { return prefix_size_; }

  // Copies bytes [offset, offset + capacity) as far as there are any; returns how many.
  std::size_t copy(std::size_t offset, char* out, std::size_t capacity) const;

  // How many bytes of `bytes`, from its first one on, equal this image from `offset` on.
  [[nodiscard]] std::size_t match(std::size_t offset, std::string_view bytes) const;

 private:
  friend class Payloads;

  std::array<char, Envelope::kMaxPrefix + Header::kSize> head_;
  std::uint8_t head_size_ = 0;
  std::uint8_t prefix_size_ = 0;
  std::string_view body_;
  std::string_view tail_;
};

// Immutable once made; shared by all threads. Bodies are windows of one random block, so a frame
// costs a hash and a memcpy.
class Payloads {
 public:
  // `sizes` must fit the envelope (Options::validate sees to it).
  Payloads(std::uint64_t seed, Envelope envelope, SizeRange sizes);
  Payloads(const Payloads&) = delete;
  Payloads& operator=(const Payloads&) = delete;

  [[nodiscard]] FrameImage image(std::uint32_t connection, std::uint32_t frame) const;

  // The same as image(connection, frame).size(), cheaper.
  [[nodiscard]] std::size_t wire_size(std::uint32_t connection, std::uint32_t frame) const;

  // True if every payload begins with a header, so that a stream with gaps can be followed.
  [[nodiscard]] bool has_headers() const { return sizes_.min >= Header::kSize; }
  [[nodiscard]] bool is_framed() const { return envelope_.is_framed(); }

  // The eight digits every header of `connection` begins with.
  [[nodiscard]] std::array<char, 8> digits_of(std::uint32_t connection) const;

  // The header at the start of `bytes`; nullopt if these cannot be one of this source.
  [[nodiscard]] std::optional<Header> read_header(std::string_view bytes) const;

 private:
  static constexpr std::size_t kOffsets = 64 * 1024;

  [[nodiscard]] std::uint64_t hash(std::uint32_t connection, std::uint32_t frame) const;
  [[nodiscard]] std::size_t size_of(std::uint64_t hash) const;
  void write_digits(std::uint32_t number, char* out) const;
  [[nodiscard]] std::optional<std::uint32_t> read_digits(std::string_view bytes) const;

  const std::uint64_t seed_;
  const Envelope envelope_;
  const SizeRange sizes_;
  std::array<char, 16> digits_;
  std::array<std::int8_t, 256> digit_values_;  // -1: not a digit
  std::string block_;
};

}  // namespace waymark::load
