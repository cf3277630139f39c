// Text of others made safe for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace waymark::ctl {

// Valid UTF-8 in one line, without control characters and without those that change the direction a
// terminal writes in: they become \n, \t, \r, \xHH (bytes that are not UTF-8, and C0) or \u{HHHH}.
// A backslash stays as it is: this is for eyes and cannot be read back.
[[nodiscard]] std::string printable(std::string_view text);

// The same, but line feeds stay: for documents.
[[nodiscard]] std::string printable_lines(std::string_view text);

}  // namespace waymark::ctl
