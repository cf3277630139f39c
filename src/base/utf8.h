// UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waymark {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;  // bytes it takes; 0: they are not UTF-8

  friend bool operator==(const CodePoint&, const CodePoint&) = default;
};

// The code point at the start of `text`, which is not empty.
[[nodiscard]] CodePoint decode_utf8(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace waymark
