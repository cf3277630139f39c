// Puts around a payload what a client's framing asks for. Its twin is framer.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "frame/framing.h"
#include "frame/length_header.h"

namespace waymark::frame {

// What is written before and after a payload, which itself is written as it is.
struct Envelope {
  std::array<char, kMostFieldBytes> head{};
  std::uint8_t head_size = 0;
  std::string_view tail;  // lives as long as the framing

  // Valid while the envelope lives.
  [[nodiscard]] std::string_view head_bytes() const { return {head.data(), head_size}; }
};

// The envelope of the payload that `pieces` make, laid end to end. A framer of the same framing
// reads exactly that payload from head + payload + tail (raw framing promises the bytes, not the
// cuts). nullopt if no envelope can do that: the payload is not frameable. `framing` is valid,
// `last_ending` is what the client's framer says. Only a payload in several pieces is copied, and
// only to look for delimiters.
[[nodiscard]] std::optional<Envelope> wrap(const Framing& framing, std::uint8_t last_ending,
                                           std::span<const std::string_view> pieces);

}  // namespace waymark::frame
