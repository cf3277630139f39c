#include "waymark/mark.h"

namespace waymark {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool hyphen_before_byte(std::size_t i) { return i == 4 || i == 6 || i == 8 || i == 10; }

}  // namespace

std::optional<Mark> Mark::parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  Mark mark;
  std::size_t at = 0;
  for (std::size_t i = 0; i < kSize; ++i) {
    if (hyphen_before_byte(i) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    mark.bytes_[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return mark;
}

std::string Mark::to_string() const {
  std::string text;
  text.reserve(kTextSize);
  for (std::size_t i = 0; i < kSize; ++i) {
    if (hyphen_before_byte(i)) text.push_back('-');
    text.push_back(kDigits[bytes_[i] >> 4]);
    text.push_back(kDigits[bytes_[i] & 15]);
  }
  return text;
}

}  // namespace waymark
