#include "frame/egress.h"

#include <algorithm>
#include <string>

#include "frame/delimiter_search.h"

namespace waymark::frame {
namespace {

using Pieces = std::span<const std::string_view>;

std::size_t size_of(Pieces pieces) {
  std::size_t size = 0;
  for (std::string_view piece : pieces) size += piece.size();
  return size;
}

// The payload in one piece; `storage` is used where it is not so already.
std::string_view in_one_piece(Pieces pieces, std::string& storage) {
  if (pieces.size() == 1) return pieces.front();
  for (std::string_view piece : pieces) storage.append(piece);
  return storage;
}

bool ends_with_cr(Pieces pieces) {
  while (!pieces.empty() && pieces.back().empty()) pieces = pieces.first(pieces.size() - 1);
  return !pieces.empty() && pieces.back().ends_with('\r');
}

std::optional<Envelope> wrap_line(Ending ending, std::uint8_t last_ending, Pieces pieces) {
  const bool crlf = ending == Ending::same ? last_ending == 1 : ending == Ending::crlf;
  const bool holds_lf = std::ranges::any_of(
      pieces, [](std::string_view piece) { return piece.find('\n') != std::string_view::npos; });
  if (holds_lf || (!crlf && ends_with_cr(pieces))) return std::nullopt;
  return Envelope{.tail = crlf ? "\r\n" : "\n"};
}

// Refuses a payload which a delimiter ends early, or whose own end makes the delimiter behind it
// read as another, longer one. (The delimiter itself is always found, if nothing ends before it.)
std::optional<Envelope> wrap_delimiter(std::span<const std::string> delimiters,
                                       std::uint8_t last_ending, Pieces pieces) {
  const std::string_view delimiter = delimiters[last_ending];
  const DelimiterSearch search(delimiters);
  std::string storage;
  const std::string_view payload = in_one_piece(pieces, storage);
  if (search.find({}, payload)) return std::nullopt;
  const auto match = search.find(payload, delimiter);
  if (match->end != delimiter.size() || match->which != last_ending) return std::nullopt;
  return Envelope{.tail = delimiter};
}

std::optional<Envelope> wrap_length(const Framing& framing, std::size_t size, Pieces pieces) {
  Envelope envelope;
  if (framing.length.strip) {
    envelope.head_size = write_length_field(framing.length, size, envelope.head);
    if (envelope.head_size == 0) return std::nullopt;
    return envelope;
  }
  const LengthHeader own = read_length_header(framing, pieces);
  if (own.header_bytes == 0 || own.frame_bytes != size) return std::nullopt;
  return envelope;
}

}  // namespace

std::optional<Envelope> wrap(const Framing& framing, std::uint8_t last_ending, Pieces pieces) {
  const std::size_t size = size_of(pieces);
  if (size > framing.max_frame_bytes) return std::nullopt;
  switch (framing.kind) {
    case Kind::raw:
      break;
    case Kind::line:
      return wrap_line(framing.ending, last_ending, pieces);
    case Kind::delimiter:
      return wrap_delimiter(framing.delimiters, last_ending, pieces);
    case Kind::fixed:
      if (size != framing.fixed_bytes) return std::nullopt;
      break;
    case Kind::length_prefix:
      return wrap_length(framing, size, pieces);
  }
  return Envelope{};
}

}  // namespace waymark::frame
