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

absl::Status validate_length(const LengthPrefix& length, std::size_t max_frame_bytes) {
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
  const std::size_t header = length.strip ? 0 : length.offset + least_field_bytes(length.field);
  const auto most_adjustment =
      static_cast<std::int64_t>(max_frame_bytes) - static_cast<std::int64_t>(header);
  if (most_adjustment < 0) {
    return invalid("max_frame_bytes: {} is less than the header's {} bytes", max_frame_bytes,
                   header);
  }
  if (length.adjustment > most_adjustment) {
    return invalid("length_prefix.adjustment: {} makes every frame larger than max_frame_bytes {}",
                   length.adjustment, max_frame_bytes);
  }
  const auto largest = static_cast<std::int64_t>(std::min<std::uint64_t>(
      largest_value(length.field), std::numeric_limits<std::int64_t>::max()));
  if (length.adjustment < -largest) {
    return invalid("length_prefix.adjustment: {} makes the size of every frame negative",
                   length.adjustment);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Framing::validate() const {
  if (max_frame_bytes < 1 || max_frame_bytes > kMostFrameBytes) {
    return invalid("max_frame_bytes: {} given, 1 to {} allowed", max_frame_bytes, kMostFrameBytes);
  }
  if (ending != Ending::same && kind != Kind::line) {
    return invalid("egress: only line framing takes lf or crlf");
  }
  switch (kind) {
    case Kind::raw:
    case Kind::line:
      break;
    case Kind::delimiter:
      return validate_delimiters(delimiters);
    case Kind::fixed:
      if (fixed_bytes < 1 || fixed_bytes > max_frame_bytes) {
        return invalid("fixed_bytes: {} given, 1 to max_frame_bytes {} allowed", fixed_bytes,
                       max_frame_bytes);
      }
      break;
    case Kind::length_prefix:
      return validate_length(length, max_frame_bytes);
  }
  return absl::OkStatus();
}

}  // namespace waymark::frame
