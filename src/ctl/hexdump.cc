#include "ctl/hexdump.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>

namespace waymark::ctl {

std::string hexdump(std::string_view bytes) {
  constexpr std::size_t kPerLine = 16;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += kPerLine) {
    const std::string_view row = bytes.substr(at, kPerLine);
    fmt::format_to(std::back_inserter(out), "  {:08x} ", at);
    for (std::size_t i = 0; i < kPerLine; ++i) {
      if (i % 8 == 0) out += ' ';
      if (i < row.size()) {
        fmt::format_to(std::back_inserter(out), "{:02x} ", static_cast<unsigned char>(row[i]));
      } else {
        out += "   ";
      }
    }
    out += " |";
    for (const char c : row) out += c >= ' ' && c <= '~' ? c : '.';
    out += "|\n";
  }
  return out;
}

}  // namespace waymark::ctl
