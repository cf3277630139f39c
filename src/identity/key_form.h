// How the bytes of a device's id are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waymark::identity {

enum class KeyForm : std::uint8_t {
  ascii,           // printable; blanks and NULs around it are left out
  bcd,             // a digit in each half byte, halves of 0xF at the end are left out
  hex,             // any bytes; the key is their hexadecimal digits in lower case
  decimal,         // an unsigned integer of 1 to 8 bytes, the highest first
  decimal_little,  // the same, the lowest first
};

// The key that `bytes` are; nullopt where they are none, or are empty, or it would be longer than
// Identity::kMostKeyBytes.
[[nodiscard]] std::optional<std::string> key_of(std::string_view bytes, KeyForm form);

}  // namespace waymark::identity
