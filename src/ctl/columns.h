// The columns a terminal gives to UTF-8 text (Unicode East Asian Width).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waymark::ctl {

// Columns a terminal gives it: 0 for marks that combine, 2 for wide characters.
[[nodiscard]] std::size_t width_of(std::uint32_t code_point);
[[nodiscard]] std::size_t width_of(std::string_view text);

// The longest start of `text` that fits `columns`, whole characters only.
[[nodiscard]] std::string_view fit(std::string_view text, std::size_t columns);

}  // namespace waymark::ctl
