// A mark: the UUID by which a client connection is known to every upstream.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace waymark {

// A value of 16 bytes, in the order of RFC 9562. A default-made mark is nil and names nobody.
class Mark {
 public:
  static constexpr std::size_t kSize = 16;
  static constexpr std::size_t kTextSize = 36;

  constexpr Mark() = default;
  explicit constexpr Mark(const std::array<std::uint8_t, kSize>& bytes) : bytes_(bytes) {}

  // The mark whose bytes are `bytes`; nullopt unless there are exactly 16.
  [[nodiscard]] static std::optional<Mark> from_bytes(std::string_view bytes) {
    if (bytes.size() != kSize) return std::nullopt;
    Mark mark;
    std::memcpy(mark.bytes_.data(), bytes.data(), kSize);
    return mark;
  }

  // Reads "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", either case; nullopt for anything else.
  [[nodiscard]] static std::optional<Mark> parse(std::string_view text);

  // Lower case, hyphenated, 36 characters.
  [[nodiscard]] std::string to_string() const;

  // 16 bytes; valid while this mark lives.
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), kSize};
  }

  [[nodiscard]] bool is_nil() const { return *this == Mark(); }

  friend constexpr auto operator<=>(const Mark&, const Mark&) = default;
  // Two words at a time: frames are found by their mark.
  friend bool operator==(const Mark& a, const Mark& b) {
    std::uint64_t left[2];
    std::uint64_t right[2];
    std::memcpy(left, a.bytes_.data(), kSize);
    std::memcpy(right, b.bytes_.data(), kSize);
    return ((left[0] ^ right[0]) | (left[1] ^ right[1])) == 0;
  }

  template <typename H>
  friend H AbslHashValue(H h, const Mark& mark) {
    std::uint64_t halves[2];
    std::memcpy(halves, mark.bytes_.data(), kSize);
    return H::combine(std::move(h), halves[0], halves[1]);
  }

 private:
  std::array<std::uint8_t, kSize> bytes_{};
};

}  // namespace waymark

template <>
struct std::hash<waymark::Mark> {
  std::size_t operator()(const waymark::Mark& mark) const noexcept {
    std::uint64_t halves[2];
    std::memcpy(halves, mark.bytes().data(), waymark::Mark::kSize);
    return static_cast<std::size_t>(halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15ULL));
  }
};
