// SHA-1 (RFC 3174): what a version 5 UUID is made with. Not for anything that has to be secure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waymark::identity {

using Sha1Digest = std::array<std::uint8_t, 20>;

// Of `head` and `tail`, one behind the other.
[[nodiscard]] Sha1Digest sha1(std::string_view head, std::string_view tail = {});

}  // namespace waymark::identity
