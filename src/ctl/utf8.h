// UTF-8 and terminal columns (RFC 3629, Unicode East Asian Width).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waymark::ctl {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;  // bytes it takes; 0: they are not UTF-8
};

// The code point at the start of `text`, which is not empty.
[[nodiscard]] CodePoint decode_utf8(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

// Columns a terminal gives it: 0 for marks that combine, 2 for wide characters.
[[nodiscard]] std::size_t width_of(std::uint32_t code_point);
[[nodiscard]] std::size_t width_of(std::string_view text);

// The longest start of `text` that fits `columns`, whole characters only.
[[nodiscard]] std::string_view fit(std::string_view text, std::size_t columns);

}  // namespace waymark::ctl
