#include "frame/framing.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "frame/length_header.h"

namespace waymark::frame {
namespace {

template <typename... Args>
absl::Status invalid(fmt::format_string<Args...> format, Args&&... args) {
  return error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

// True if `outer` holds `inner` at a place where `inner` ends first.
bool ends_earlier_inside(std::string_view inner, std::string_view outer) {
  const std::size_t at = outer.find(inner);
  return at != std::string_view::npos && at + inner.size() < outer.size();
}

absl::Status validate_delimiters(const std::vector<std::string>& delimiters) {
  if (delimiters.empty() || delimiters.size() > Framing::kMostDelimiters) {
    return invalid("delimiters: {} given, 1 to {} allowed", delimiters.size(),
                   Framing::kMostDelimiters);
  }
  for (std::size_t i = 0; i < delimiters.size(); ++i) {
    if (delimiters[i].empty() || delimiters[i].size() > Framing::kMostDelimiterBytes) {
      return invalid("delimiters[{}]: {} bytes given, 1 to {} allowed", i, delimiters[i].size(),
                     Framing::kMostDelimiterBytes);
    }
  }
  for (std::size_t i = 0; i < delimiters.size(); ++i) {
    for (std::size_t k = 0; k < delimiters.size(); ++k) {
      if (k < i && delimiters[k] == delimiters[i]) {
        return invalid("delimiters[{}]: the same as delimiters[{}]", i, k);
      }
      if (k != i && ends_earlier_inside(delimiters[k], delimiters[i])) {
        return invalid(
            "delimiters[{}]: never matches, because delimiters[{}] ends earlier inside it", i, k);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status validate_field(const LengthPrefix& length) {
  const bool ascii = length.field == LengthField::decimal || length.field == LengthField::hex;
  if (ascii != (length.digits != 0) || length.digits > Framing::kMostDigits) {
    return invalid(
        "length_prefix.digits: {} given, {} allowed", length.digits,
        ascii ? fmt::format("1 to {}", Framing::kMostDigits) : "nothing but with decimal and hex");
  }
  if (length.bits == 0) return absl::OkStatus();
  if (ascii || length.field == LengthField::varint) {
    return invalid("length_prefix.bits: only fields of 1, 2, 3, 4 and 8 bytes have some");
  }
  if (length.bits > 8 * least_field_bytes(length)) {
    return invalid("length_prefix.bits: {} given, the field has {}", length.bits,
                   8 * least_field_bytes(length));
  }
  if (length.strip) {
    return invalid("length_prefix.bits: needs strip: false, or the other bits would be lost");
  }
  return absl::OkStatus();
}

absl::Status validate_length(const LengthPrefix& length, std::size_t max_frame_bytes) {
  if (absl::Status status = validate_field(length); !status.ok()) return status;
  if (length.strip && length.offset != 0) {
    return invalid(
        "length_prefix.offset: must be 0 with strip, or the {} bytes before the field would be "
        "lost",
        length.offset);
  }
  if (length.offset > max_frame_bytes) {
    return invalid("length_prefix.offset: {} is above max_frame_bytes {}", length.offset,
                   max_frame_bytes);
  }
  const std::size_t header = length.strip ? 0 : length.offset + least_field_bytes(length);
  const auto most_adjustment =
      static_cast<std::int64_t>(max_frame_bytes) - static_cast<std::int64_t>(header);
  if (most_adjustment < 0) {
    return invalid("max_frame_bytes: {} is less than the header's {} bytes", max_frame_bytes,
                   header);
  }
  const auto counted =
      static_cast<std::int64_t>(counted_header_bytes(length, least_field_bytes(length)));
  if (length.adjustment > most_adjustment + counted) {
    return invalid("length_prefix.adjustment: {} makes every frame larger than max_frame_bytes {}",
                   length.adjustment, max_frame_bytes);
  }
  const auto largest = static_cast<std::int64_t>(
      std::min<std::uint64_t>(largest_value(length), std::numeric_limits<std::int64_t>::max()));
  if (length.adjustment < counted - largest) {
    return invalid("length_prefix.adjustment: {} makes the size of every frame negative",
                   length.adjustment);
  }
  return absl::OkStatus();
}

absl::Status validate_flag(std::string_view name, const std::string& flag) {
  if (!flag.empty() && flag.size() <= Framing::kMostFlagBytes) return absl::OkStatus();
  return invalid("start_stop.{}: {} bytes given, 1 to {} allowed", name, flag.size(),
                 Framing::kMostFlagBytes);
}

// The flags and the escape byte must not stand between flags, in whatever payload.
absl::Status validate_escapes(const StartStop& flags) {
  if (flags.start.size() != 1 || flags.stop.size() != 1) {
    return invalid("start_stop.escapes: start and stop must be of one byte each");
  }
  const std::string both = flags.start + flags.stop;
  const char escape = flags.escapes[0].sent.empty() ? '\0' : flags.escapes[0].sent[0];
  std::string to_escape = both + escape;
  for (std::size_t i = 0; i < flags.escapes.size(); ++i) {
    const Escape& each = flags.escapes[i];
    if (each.sent.size() != 2 || each.sent[0] != escape || each.means.size() != 1) {
      return invalid(
          "start_stop.escapes[{}]: sent must be two bytes, the first one the same in all, and "
          "means one byte",
          i);
    }
    if (each.sent.find_first_of(both) != std::string::npos) {
      return invalid("start_stop.escapes[{}].sent: must not hold a flag", i);
    }
    for (std::size_t k = 0; k < i; ++k) {
      if (flags.escapes[k].sent == each.sent || flags.escapes[k].means == each.means) {
        return invalid("start_stop.escapes[{}]: the same as escapes[{}] in part", i, k);
      }
    }
    std::erase(to_escape, each.means[0]);
  }
  if (!to_escape.empty()) {
    return invalid("start_stop.escapes: none means the byte 0x{:02x}, which must not be sent alone",
                   static_cast<unsigned char>(to_escape[0]));
  }
  return absl::OkStatus();
}

absl::Status validate_flags(const StartStop& flags, std::size_t max_frame_bytes) {
  if (absl::Status status = validate_flag("start", flags.start); !status.ok()) return status;
  if (absl::Status status = validate_flag("stop", flags.stop); !status.ok()) return status;
  if (!flags.strip) {
    if (!flags.escapes.empty()) {
      return invalid("start_stop.escapes: not with strip: false, which leaves all as it is");
    }
    if (max_frame_bytes < flags.start.size() + flags.stop.size()) {
      return invalid("max_frame_bytes: {} is less than the {} bytes of both flags", max_frame_bytes,
                     flags.start.size() + flags.stop.size());
    }
  }
  return flags.escapes.empty() ? absl::OkStatus() : validate_escapes(flags);
}

absl::Status validate_case(const Case& one) {
  const Framing& framing = one.framing;
  if (one.starts_with.size() > Framing::kMostStartBytes) {
    return invalid("starts_with: {} bytes given, 0 to {} allowed", one.starts_with.size(),
                   Framing::kMostStartBytes);
  }
  if (framing.kind == Kind::raw || framing.kind == Kind::by_start) {
    return invalid("framing: neither raw nor another switch");
  }
  if (framing.resync) return invalid("resync: belongs to the switch");
  if (framing.kind == Kind::start_stop && !framing.flags.start.starts_with(one.starts_with) &&
      !one.starts_with.starts_with(framing.flags.start)) {
    return invalid("starts_with: differs from start_stop.start");
  }
  return framing.validate();
}

absl::Status validate_cases(const Framing& framing) {
  const std::vector<Case>& cases = framing.cases;
  if (cases.empty() || cases.size() > Framing::kMostCases) {
    return invalid("switch.cases: {} given, 1 to {} allowed", cases.size(), Framing::kMostCases);
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (absl::Status status = validate_case(cases[i]); !status.ok()) {
      return invalid("switch.cases[{}].{}", i, message_of(status));
    }
    if (cases[i].framing.max_frame_bytes > framing.max_frame_bytes) {
      return invalid("switch.cases[{}].max_frame_bytes: {} is above {}, that of the switch", i,
                     cases[i].framing.max_frame_bytes, framing.max_frame_bytes);
    }
    for (std::size_t k = 0; k < i; ++k) {
      if (cases[i].starts_with.starts_with(cases[k].starts_with)) {
        return invalid("switch.cases[{}].starts_with: never reached, because cases[{}] comes first",
                       i, k);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool operator==(const Framing& a, const Framing& b) {
  return a.kind == b.kind && a.max_frame_bytes == b.max_frame_bytes && a.ending == b.ending &&
         a.keep_ending == b.keep_ending && a.resync == b.resync && a.delimiters == b.delimiters &&
         a.fixed_bytes == b.fixed_bytes && a.length == b.length && a.flags == b.flags &&
         a.cases == b.cases;
}

absl::Status Framing::validate() const {
  if (max_frame_bytes < 1 || max_frame_bytes > kMostFrameBytes) {
    return invalid("max_frame_bytes: {} given, 1 to {} allowed", max_frame_bytes, kMostFrameBytes);
  }
  if (ending != Ending::same && kind != Kind::line) {
    return invalid("egress: only line framing takes lf or crlf");
  }
  if (keep_ending && ((kind != Kind::line && kind != Kind::delimiter) || ending != Ending::same)) {
    return invalid("strip: false is for line and delimiter framing without an egress of its own");
  }
  if (resync && kind != Kind::length_prefix && kind != Kind::start_stop && kind != Kind::by_start) {
    return invalid("on_malformed: only length_prefix, start_stop and switch can be malformed");
  }
  switch (kind) {
    case Kind::raw:
    case Kind::line:
      break;
    case Kind::delimiter:
      return validate_delimiters(delimiters);
    case Kind::fixed:
      if (fixed_bytes < 1 || fixed_bytes > max_frame_bytes) {
        return invalid("fixed.bytes: {} given, 1 to max_frame_bytes {} allowed", fixed_bytes,
                       max_frame_bytes);
      }
      break;
    case Kind::length_prefix:
      return validate_length(length, max_frame_bytes);
    case Kind::start_stop:
      return validate_flags(flags, max_frame_bytes);
    case Kind::by_start:
      return validate_cases(*this);
  }
  return absl::OkStatus();
}

}  // namespace waymark::frame
