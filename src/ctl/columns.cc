#include "ctl/columns.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/utf8.h"

namespace waymark::ctl {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Blocks of combining marks and of characters without a shape.
constexpr std::array kNoWidth = {
    Range{0x0300, 0x036f}, Range{0x0483, 0x0489}, Range{0x0591, 0x05bd},   Range{0x064b, 0x065f},
    Range{0x200b, 0x200f}, Range{0x2060, 0x2064}, Range{0x20d0, 0x20ff},   Range{0xfe00, 0xfe0f},
    Range{0xfe20, 0xfe2f}, Range{0xfeff, 0xfeff}, Range{0xe0100, 0xe01ef},
};

// Blocks of East Asian wide characters and of emoji.
constexpr std::array kWide = {
    Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},   Range{0x3041, 0x33ff},
    Range{0x3400, 0x4dbf},   Range{0x4e00, 0x9fff},   Range{0xa000, 0xa4cf},
    Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},   Range{0xfe30, 0xfe6f},
    Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},   Range{0x1f300, 0x1f64f},
    Range{0x1f680, 0x1f6ff}, Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd},
};

bool is_in(std::uint32_t point, std::span<const Range> ranges) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), point,
                       [](std::uint32_t value, const Range& range) { return value < range.first; });
  return after != ranges.begin() && point <= std::prev(after)->last;
}

}  // namespace

std::size_t width_of(std::uint32_t code_point) {
  if (code_point < 0x300) return 1;
  if (is_in(code_point, kNoWidth)) return 0;
  return is_in(code_point, kWide) ? 2 : 1;
}

std::size_t width_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    columns += point.size == 0 ? 1 : width_of(point.value);
    text.remove_prefix(std::max<std::size_t>(point.size, 1));
  }
  return columns;
}

std::string_view fit(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  while (end < text.size()) {
    const CodePoint point = decode_utf8(text.substr(end));
    const std::size_t width = point.size == 0 ? 1 : width_of(point.value);
    if (width > columns) break;
    columns -= width;
    end += std::max<std::size_t>(point.size, 1);
  }
  return text.substr(0, end);
}

}  // namespace waymark::ctl
