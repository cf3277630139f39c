#include "identity/key_form.h"

#include <algorithm>

#include "identity/identity.h"

namespace waymark::identity {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::optional<std::string> ascii(std::string_view bytes) {
  constexpr std::string_view kAround(" \0", 2);
  const std::size_t first = bytes.find_first_not_of(kAround);
  if (first == std::string_view::npos) return std::nullopt;
  bytes = bytes.substr(first, bytes.find_last_not_of(kAround) + 1 - first);
  const bool printable = std::ranges::all_of(bytes, [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? std::optional<std::string>(bytes) : std::nullopt;
}

std::string hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

std::optional<std::string> bcd(std::string_view bytes) {
  std::string text = hex(bytes);
  text.resize(text.find_last_not_of('f') + 1);  // npos + 1 is 0
  const bool digits = std::ranges::all_of(text, [](char c) { return c <= '9'; });
  return digits && !text.empty() ? std::optional(std::move(text)) : std::nullopt;
}

std::optional<std::string> decimal(std::string_view bytes, bool little) {
  if (bytes.size() > sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[little ? bytes.size() - 1 - i : i]);
  }
  return std::to_string(value);
}

std::optional<std::string> read(std::string_view bytes, KeyForm form) {
  switch (form) {
    case KeyForm::ascii:
      return ascii(bytes);
    case KeyForm::bcd:
      return bcd(bytes);
    case KeyForm::hex:
      return hex(bytes);
    case KeyForm::decimal:
      return decimal(bytes, /*little=*/false);
    case KeyForm::decimal_little:
      return decimal(bytes, /*little=*/true);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> key_of(std::string_view bytes, KeyForm form) {
  if (bytes.empty() || bytes.size() > Identity::kMostKeyBytes) return std::nullopt;
  std::optional<std::string> key = read(bytes, form);
  if (key && key->size() > Identity::kMostKeyBytes) return std::nullopt;
  return key;
}

}  // namespace waymark::identity
