// The framing rules once more, read off the issue as plainly as can be: the whole stream at hand,
// every position tried, nothing remembered. What framer.cc does fast must agree with it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "frame/fault.h"
#include "frame/framing.h"

namespace waymark::frame {

struct Frame {
  std::string payload;
  std::uint8_t ending = 0;
  bool operator==(const Frame&) const = default;
};

struct Reading {
  std::vector<Frame> frames;
  Fault fault = Fault::none;
  std::size_t unfinished_bytes = 0;
  bool operator==(const Reading&) const = default;
};

inline std::vector<std::string> reference_endings(const Framing& framing) {
  if (framing.kind == Kind::line) return {"\n", "\r\n"};
  if (framing.kind == Kind::delimiter) return framing.delimiters;
  return {""};
}

// What a payload is followed by towards the client.
inline std::string reference_ending(const Framing& framing, std::uint8_t last_ending) {
  if (framing.ending == Ending::lf) return "\n";
  if (framing.ending == Ending::crlf) return "\r\n";
  const std::vector<std::string> endings = reference_endings(framing);
  return endings[std::min<std::size_t>(last_ending, endings.size() - 1)];
}

// Holds every sum of two 64-bit numbers.
__extension__ using Wide = __int128;

// One attempt to take a frame off the front of a stream.
struct Taken {
  Fault fault = Fault::none;
  std::size_t size = 0;  // 0: unfinished
  Frame frame;
};

inline Taken take_ended(const Framing& framing, std::string_view stream) {
  const std::vector<std::string> endings = reference_endings(framing);
  std::size_t longest_ending = 0;
  for (const std::string& ending : endings) {
    longest_ending = std::max(longest_ending, ending.size());
  }
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    const std::string_view seen = stream.substr(0, size);
    std::size_t best = endings.size();
    for (std::size_t i = 0; i < endings.size(); ++i) {
      if (!seen.ends_with(endings[i])) continue;
      if (best == endings.size() || endings[i].size() > endings[best].size()) best = i;
    }
    if (best < endings.size()) {
      const std::string_view payload = seen.substr(0, size - endings[best].size());
      if (payload.size() > framing.max_frame_bytes) return {.fault = Fault::too_large};
      return {.size = size, .frame = {std::string(payload), static_cast<std::uint8_t>(best)}};
    }
    if (size >= framing.max_frame_bytes + longest_ending) return {.fault = Fault::too_large};
  }
  return {};
}

inline Taken take_length_prefixed(const Framing& framing, std::string_view stream) {
  const LengthPrefix& length = framing.length;
  if (stream.size() <= length.offset) return {};
  const std::string_view field = stream.substr(length.offset);
  Wide value = 0;
  std::size_t width = std::size_t{1} << static_cast<int>(length.field);
  if (length.field == LengthField::varint) {
    width = 0;
    do {
      if (width == 10) return {.fault = Fault::malformed};
      if (width == field.size()) return {};
      value |= static_cast<Wide>(field[width] & 0x7f) << (7 * width);
    } while ((field[width++] & 0x80) != 0);
  } else {
    if (field.size() < width) return {};
    for (std::size_t i = 0; i < width; ++i) {
      const auto byte = static_cast<unsigned char>(field[i]);
      const std::size_t place = length.order == ByteOrder::little ? i : width - 1 - i;
      value |= static_cast<Wide>(byte) << (8 * place);
    }
  }
  const Wide body = static_cast<Wide>(value) + length.adjustment;
  if (body < 0 || body > INT64_MAX) return {.fault = Fault::malformed};
  const std::size_t header = length.offset + width;
  const Wide payload = body + (length.strip ? 0 : static_cast<Wide>(header));
  if (payload > static_cast<Wide>(framing.max_frame_bytes)) return {.fault = Fault::too_large};
  const std::size_t size = header + static_cast<std::size_t>(body);
  if (stream.size() < size) return {};
  return {.size = size,
          .frame = {std::string(
              stream.substr(length.strip ? header : 0, static_cast<std::size_t>(payload)))}};
}

inline Taken take_fixed(const Framing& framing, std::string_view stream) {
  if (stream.size() < framing.fixed_bytes) return {};
  return {.size = framing.fixed_bytes,
          .frame = {std::string(stream.substr(0, framing.fixed_bytes))}};
}

// How `stream` must be cut. Not for raw, which has no cuts of its own.
inline Reading reference_read(const Framing& framing, std::string_view stream) {
  Reading reading;
  for (;;) {
    Taken taken;
    if (framing.kind == Kind::fixed) {
      taken = take_fixed(framing, stream);
    } else if (framing.kind == Kind::length_prefix) {
      taken = take_length_prefixed(framing, stream);
    } else {
      taken = take_ended(framing, stream);
    }
    reading.fault = taken.fault;
    if (taken.size == 0) break;
    reading.frames.push_back(taken.frame);
    stream.remove_prefix(taken.size);
  }
  reading.unfinished_bytes = stream.size();
  return reading;
}

}  // namespace waymark::frame
