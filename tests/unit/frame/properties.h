// What holds for every framing, every stream and every split, written once for the property tests
// (seeded dice) and the fuzzer (dice that read its input). Each check returns what is wrong, or an
// empty string.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "frame/egress.h"
#include "frame/framer.h"
#include "reference.h"

namespace waymark::frame {

inline std::vector<std::string_view> split(std::string_view bytes, auto& dice) {
  const std::size_t most = 1 + dice(9);
  std::vector<std::string_view> pieces;
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + dice(most));
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return pieces;
}

// Every piece lives in memory of exactly its size for the time of its feed, so that a sanitizer
// sees a read beside it and a view kept too long.
inline Reading read(const Framing& framing, const std::vector<std::string_view>& pieces) {
  Framer framer(framing);
  Reading reading;
  for (std::string_view piece : pieces) {
    const std::vector<char> memory(piece.begin(), piece.end());
    reading.fault = framer.feed(
        {memory.data(), memory.size()},
        [&](std::string_view frame) {
          reading.frames.push_back({std::string(frame), framer.last_ending()});
        },
        &reading.skipped);
    if (reading.fault != Fault::none) break;
  }
  reading.unfinished_bytes = framer.unfinished_bytes();
  return reading;
}

inline std::string describe(const Reading& reading) {
  std::string text =
      fmt::format("fault {}, {} unfinished, {} skipped:", static_cast<int>(reading.fault),
                  reading.unfinished_bytes, reading.skipped);
  for (const Frame& frame : reading.frames) {
    text += fmt::format(" {:?}/{}", frame.payload, frame.ending);
  }
  return text;
}

// The bytes that wrap() says surround `payload`; nullopt where it refuses.
inline std::optional<std::string> enveloped(const Framing& framing, std::uint8_t ending,
                                            std::string_view payload) {
  const auto envelope = wrap(framing, ending, std::span(&payload, 1));
  if (!envelope) return std::nullopt;
  return fmt::format("{}{}{}", envelope->head_bytes(),
                     envelope->body ? std::string_view(*envelope->body) : payload, envelope->tail);
}

// What a client may have sent in several ways that mean the same.
inline bool has_synonyms(const Framing& framing) {
  if (framing.kind == Kind::by_start) {
    return std::ranges::any_of(framing.cases,
                               [](const Case& one) { return has_synonyms(one.framing); });
  }
  if (framing.ending != Ending::same) return true;
  if (framing.kind == Kind::start_stop) return !framing.flags.escapes.empty();
  return framing.kind == Kind::length_prefix && framing.length.strip &&
         (framing.length.field == LengthField::varint || framing.length.field == LengthField::hex);
}

inline std::string check_splits(const Framing& framing, std::string_view stream, auto& dice) {
  if (framing.kind == Kind::raw) return "";
  const Reading expected = reference_read(framing, stream);
  Reading got = read(framing, split(stream, dice));
  if (expected.fault != Fault::none) got.unfinished_bytes = expected.unfinished_bytes;
  if (got == expected) return "";
  return fmt::format("split read: {}\nexpected:   {}", describe(got), describe(expected));
}

// A client each of whose frames is echoed at once gets back what it sent, up to its unfinished
// frame.
inline std::string check_echo(const Framing& framing, std::string_view stream, auto& dice) {
  if (has_synonyms(framing) || framing.resync) return "";
  const Reading reading = read(framing, split(stream, dice));
  std::string echo;
  for (const Frame& frame : reading.frames) {
    const auto bytes = enveloped(framing, frame.ending, frame.payload);
    if (!bytes) return fmt::format("refuses a frame it has read: {}", describe(reading));
    echo += *bytes;
  }
  if (!stream.starts_with(echo)) return fmt::format("echo differs: {}", describe(reading));
  if (reading.fault == Fault::none && echo.size() + reading.unfinished_bytes != stream.size()) {
    return fmt::format("bytes lost: {}", describe(reading));
  }
  return "";
}

// What wrap() accepts is read back as that one frame; what it refuses would not be.
inline std::string check_round_trip(const Framing& framing, std::uint8_t ending,
                                    std::string_view payload, auto& dice) {
  std::vector<std::string_view> pieces = split(payload, dice);
  const auto in_pieces = wrap(framing, ending, pieces);
  const auto bytes = enveloped(framing, ending, payload);
  if (in_pieces.has_value() != bytes.has_value()) return "pieces change the verdict";
  if (framing.kind == Kind::raw) return "";

  const auto reads_back = [&](const std::string& stream) {
    const Reading reading = read(framing, split(stream, dice));
    return reading.frames.size() == 1 && reading.frames[0].payload == payload &&
           reading.fault == Fault::none && reading.unfinished_bytes == 0;
  };
  if (bytes) {
    const std::string whole = fmt::format(
        "{}{}{}", in_pieces->head_bytes(),
        in_pieces->body ? std::string_view(*in_pieces->body) : payload, in_pieces->tail);
    if (whole != *bytes) return "pieces change the envelope";
    return reads_back(whole) ? "" : "does not read back what it wrapped";
  }
  // Where the header is not of the payload, there is no other way to try it.
  const bool stripped = (framing.kind == Kind::length_prefix && framing.length.strip) ||
                        (framing.kind == Kind::start_stop && framing.flags.strip) ||
                        framing.kind == Kind::by_start;
  const std::string tail = reference_ending(framing, ending);
  return !stripped && reads_back(fmt::format("{}{}", payload, tail)) ? "refuses what can be framed"
                                                                     : "";
}

inline void roll_flags(StartStop& flags, auto& dice) {
  const bool same = dice(2) == 0;
  if (dice(2) == 0) {
    flags.start = "a";
    flags.stop = same ? "a" : "b";
    flags.escapes = {{"\r\n", "a"}, {"\r\r", "\r"}};
    if (!same) flags.escapes.push_back({"\rc", "b"});
    return;
  }
  flags.strip = dice(2) == 0;
  flags.start.resize(1 + dice(3));
  for (char& c : flags.start) c = "ab\r\n"[dice(4)];
  flags.stop = flags.start;
  if (same) return;
  flags.stop.resize(1 + dice(3));
  for (char& c : flags.stop) c = "ab\r\n"[dice(4)];
}

inline Framing roll_framing(auto& dice, bool as_case = false) {
  Framing framing;
  framing.kind = static_cast<Kind>(as_case ? 1 + dice(5) : dice(7));
  framing.max_frame_bytes = 1 + dice(40);
  if (framing.kind == Kind::line) framing.ending = static_cast<Ending>(dice(3));
  framing.delimiters.resize(1 + dice(3));
  for (std::string& delimiter : framing.delimiters) {
    delimiter.resize(1 + dice(4));
    for (char& c : delimiter) c = "ab\r\n"[dice(4)];
  }
  framing.fixed_bytes = 1 + dice(8);
  framing.keep_ending = framing.kind == Kind::line || framing.kind == Kind::delimiter
                            ? framing.ending == Ending::same && dice(3) == 0
                            : false;
  framing.resync = !as_case && framing.kind >= Kind::length_prefix && dice(3) == 0;
  framing.length.field = static_cast<LengthField>(dice(8));
  framing.length.counts = static_cast<LengthCounts>(dice(3));
  framing.length.order = static_cast<ByteOrder>(dice(2));
  framing.length.strip = dice(2) == 0;
  framing.length.offset = framing.length.strip ? 0 : dice(4);
  framing.length.adjustment = static_cast<std::int64_t>(dice(16)) - 10;
  if (framing.length.field >= LengthField::decimal) {
    framing.length.digits = static_cast<std::uint8_t>(1 + dice(3));
  } else if (!framing.length.strip && framing.length.field != LengthField::varint) {
    framing.length.bits = static_cast<std::uint8_t>(dice(3) == 0 ? 1 + dice(7) : 0);
  }
  roll_flags(framing.flags, dice);
  if (framing.kind != Kind::by_start) return framing;
  framing.cases.resize(1 + dice(3));
  for (Case& one : framing.cases) {
    one.framing = roll_framing(dice, /*as_case=*/true);
    one.framing.max_frame_bytes = std::min(one.framing.max_frame_bytes, framing.max_frame_bytes);
    one.starts_with.resize(dice(4));
    for (char& c : one.starts_with) c = "ab\r\n"[dice(4)];
    if (one.framing.kind == Kind::start_stop && dice(2) == 0) {
      one.starts_with = one.framing.flags.start;
    }
  }
  return framing;
}

// A last_ending() that a framer of this framing may have.
inline std::uint8_t roll_ending(const Framing& framing, auto& dice) {
  if (framing.kind != Kind::by_start) {
    return static_cast<std::uint8_t>(dice(reference_endings(framing).size()));
  }
  const std::size_t place = dice(framing.cases.size());
  return static_cast<std::uint8_t>(place * 16 + roll_ending(framing.cases[place].framing, dice));
}

}  // namespace waymark::frame
