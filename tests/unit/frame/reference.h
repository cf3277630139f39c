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
  std::uint64_t skipped = 0;
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
  Frame frame = {};
  std::size_t bad = 1;  // with a fault: what resync leaves out
};

inline Taken take_ended(const Framing& framing, std::string_view stream) {
  const std::vector<std::string> endings = reference_endings(framing);
  std::size_t longest_ending = 0;
  for (const std::string& ending : endings) {
    if (!framing.keep_ending) longest_ending = std::max(longest_ending, ending.size());
  }
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    const std::string_view seen = stream.substr(0, size);
    std::size_t best = endings.size();
    for (std::size_t i = 0; i < endings.size(); ++i) {
      if (!seen.ends_with(endings[i])) continue;
      if (best == endings.size() || endings[i].size() > endings[best].size()) best = i;
    }
    if (best < endings.size()) {
      const std::size_t left_out = framing.keep_ending ? 0 : endings[best].size();
      const std::string_view payload = seen.substr(0, size - left_out);
      if (payload.size() > framing.max_frame_bytes) {
        return {.fault = Fault::too_large, .bad = size};
      }
      return {.size = size, .frame = {std::string(payload), static_cast<std::uint8_t>(best)}};
    }
    if (size >= framing.max_frame_bytes + longest_ending) {
      return {.fault = Fault::too_large, .bad = size};
    }
  }
  return {};
}

inline std::size_t reference_width(const LengthPrefix& length) {
  switch (length.field) {
    case LengthField::u8:
      return 1;
    case LengthField::u16:
      return 2;
    case LengthField::u24:
      return 3;
    case LengthField::u32:
      return 4;
    case LengthField::u64:
      return 8;
    default:
      return length.digits;
  }
}

inline int reference_digit(char c) {
  const std::string_view digits = "0123456789abcdef0123456789ABCDEF";
  const std::size_t at = digits.find(c);
  return at == std::string_view::npos ? 99 : static_cast<int>(at % 16);
}

inline Taken take_length_prefixed(const Framing& framing, std::string_view stream) {
  const LengthPrefix& length = framing.length;
  if (stream.size() <= length.offset) return {};
  const std::string_view field = stream.substr(length.offset);
  Wide value = 0;
  std::size_t width = 0;
  if (length.field == LengthField::varint) {
    do {
      if (width == 10) return {.fault = Fault::malformed};
      if (width == field.size()) return {};
      value |= static_cast<Wide>(field[width] & 0x7f) << (7 * width);
    } while ((field[width++] & 0x80) != 0);
    if (value > UINT64_MAX) return {.fault = Fault::malformed};
  } else {
    width = reference_width(length);
    if (field.size() < width) return {};
    const int base = length.field == LengthField::decimal ? 10 : 16;
    for (std::size_t i = 0; i < width; ++i) {
      if (length.digits > 0) {
        if (reference_digit(field[i]) >= base) return {.fault = Fault::malformed};
        value = value * base + reference_digit(field[i]);
        continue;
      }
      const auto byte = static_cast<unsigned char>(field[i]);
      const std::size_t place = length.order == ByteOrder::little ? i : width - 1 - i;
      value |= static_cast<Wide>(byte) << (8 * place);
    }
    if (length.bits > 0) value %= static_cast<Wide>(1) << length.bits;
  }
  Wide body = value + length.adjustment;
  if (length.counts != LengthCounts::rest) body -= static_cast<Wide>(width);
  if (length.counts == LengthCounts::frame) body -= static_cast<Wide>(length.offset);
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

inline Taken take_between_flags(const Framing& framing, std::string_view stream) {
  const StartStop& flags = framing.flags;
  for (std::size_t i = 0; i < flags.start.size(); ++i) {
    if (i == stream.size()) return {};
    if (stream[i] != flags.start[i]) return {.fault = Fault::malformed};
  }
  const std::string_view content = stream.substr(flags.start.size());
  const std::size_t both = flags.start.size() + flags.stop.size();
  std::size_t most = framing.max_frame_bytes - (flags.strip ? 0 : both);
  if (!flags.escapes.empty()) most *= 2;
  for (std::size_t size = 1; size <= content.size(); ++size) {
    if (!content.substr(0, size).ends_with(flags.stop)) {
      if (size < most + flags.stop.size()) continue;
      return {.fault = Fault::too_large, .bad = flags.start.size() + size};
    }
    const std::string_view between = content.substr(0, size - flags.stop.size());
    const std::string_view whole = stream.substr(0, both + between.size());
    if (between.empty() && flags.start == flags.stop) {
      return {.fault = Fault::malformed, .bad = flags.start.size()};
    }
    if (!flags.strip) return {.size = whole.size(), .frame = {std::string(whole)}};
    std::string payload;
    for (std::size_t i = 0; i < between.size(); ++i) {
      char byte = between[i];
      if (!flags.escapes.empty() && byte == flags.escapes[0].sent[0]) {
        const Escape* meant = nullptr;
        for (const Escape& each : flags.escapes) {
          if (each.sent == between.substr(i, 2)) meant = &each;
        }
        if (meant == nullptr) return {.fault = Fault::malformed, .bad = whole.size()};
        byte = meant->means[0];
        ++i;
      }
      payload += byte;
    }
    if (payload.size() > framing.max_frame_bytes) {
      return {.fault = Fault::too_large, .bad = whole.size()};
    }
    return {.size = whole.size(), .frame = {payload}};
  }
  return {};
}

inline Taken take_fixed(const Framing& framing, std::string_view stream) {
  if (stream.size() < framing.fixed_bytes) return {};
  return {.size = framing.fixed_bytes,
          .frame = {std::string(stream.substr(0, framing.fixed_bytes))}};
}

inline Taken take_one(const Framing& framing, std::string_view stream) {
  switch (framing.kind) {
    case Kind::raw:
      break;
    case Kind::line:
    case Kind::delimiter:
      return take_ended(framing, stream);
    case Kind::fixed:
      return take_fixed(framing, stream);
    case Kind::length_prefix:
      return take_length_prefixed(framing, stream);
    case Kind::start_stop:
      return take_between_flags(framing, stream);
    case Kind::by_start:
      for (std::size_t i = 0; i < framing.cases.size(); ++i) {
        const Case& one = framing.cases[i];
        if (stream.starts_with(one.starts_with)) {
          Taken taken = take_one(one.framing, stream);
          for (const Case& other : framing.cases) {
            if (taken.size == 0 || &other > &one) break;
            const std::string_view frame = stream.substr(0, taken.size);
            if (other.starts_with.size() > frame.size() && other.starts_with.starts_with(frame)) {
              return {.fault = Fault::malformed};
            }
          }
          const bool whole = one.framing.kind == Kind::start_stop &&
                             taken.bad > one.framing.flags.start.size();  // with a wrong escape
          if (taken.fault == Fault::malformed && !whole) taken.bad = 1;
          taken.frame.ending = static_cast<std::uint8_t>(i * 16 + taken.frame.ending);
          return taken;
        }
        if (one.starts_with.starts_with(stream)) return {};
      }
      return {.fault = Fault::malformed};
  }
  return {};
}

// How `stream` must be cut. Not for raw, which has no cuts of its own.
inline Reading reference_read(const Framing& framing, std::string_view stream) {
  Reading reading;
  while (!stream.empty()) {
    const Taken taken = take_one(framing, stream);
    if (taken.fault != Fault::none && framing.resync) {
      reading.skipped += taken.bad;
      stream.remove_prefix(taken.bad);
      continue;
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
