// Puts around a payload what a client's framing asks for. Its twin is framer.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "frame/framing.h"
#include "frame/length_header.h"

namespace waymark::frame {

// What is written before and after a payload, and instead of it where it has to be escaped.
struct Envelope {
  std::array<char, std::max(kMostFieldBytes, Framing::kMostFlagBytes)> head{};
  std::uint8_t head_size = 0;
  std::string_view tail;              // lives as long as the framing
  std::unique_ptr<std::string> body;  // null: the payload as it is

  // Valid while the envelope lives.
  [[nodiscard]] std::string_view head_bytes() const { return {head.data(), head_size}; }
  // Of all that is written for a payload of this size.
  [[nodiscard]] std::size_t size(std::size_t payload_bytes) const {
    return head_size + (body ? body->size() : payload_bytes) + tail.size();
  }
};

// The envelope of the payload that `pieces` make, laid end to end. A framer of the same framing
// reads exactly that payload from head + payload + tail (raw framing promises the bytes, not the
// cuts). nullopt if no envelope can do that: the payload is not frameable. `framing` is valid,
// `last_ending` is what the client's framer says. A payload is copied only if it is to be escaped,
// or is in several pieces and is to be searched.
[[nodiscard]] std::optional<Envelope> wrap(const Framing& framing, std::uint8_t last_ending,
                                           std::span<const std::string_view> pieces);

}  // namespace waymark::frame
