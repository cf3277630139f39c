// Bytes as lines of "offset  hexadecimal  |text|", 16 a line.
#pragma once

#include <string>
#include <string_view>

namespace waymark::ctl {

[[nodiscard]] std::string hexdump(std::string_view bytes);

}  // namespace waymark::ctl
