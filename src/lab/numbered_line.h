// What the clients of a chaos run send: every byte of a line follows from who sends it and its
// number, so that an answer that is not exactly a frame of its own client shows. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waymark::lab {

// "7:93 " and up to 600 letters, with its end.
[[nodiscard]] std::string numbered_line(std::uint32_t client, std::uint64_t frame);

// The number of the frame of `client` that `line` is, without its end; nothing if it is none.
[[nodiscard]] std::optional<std::uint64_t> frame_of(std::uint32_t client, std::string_view line);

}  // namespace waymark::lab
