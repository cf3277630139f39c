#include "frame/egress.h"

#include <algorithm>
#include <string>
#include <utility>

#include "frame/cutters.h"
#include "frame/escapes.h"

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
  storage.clear();
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

// Of framings whose payloads hold all that is sent: it has to be a frame, and nothing more.
std::optional<Envelope> wrap_whole(const Framing& framing, Pieces pieces) {
  std::string storage;
  const std::string_view payload = in_one_piece(pieces, storage);
  if (payload.empty()) return std::nullopt;
  const Cut cut = cut_once(framing, {}, payload);
  if (cut.fault != Fault::none || cut.taken != payload.size()) return std::nullopt;
  return Envelope{};
}

// The ending is the first one that is found behind `payload`, and nothing ends in it.
bool ends_well(const DelimiterSearch& search, std::string_view payload, std::string_view ending,
               std::uint8_t which) {
  if (search.find({}, payload)) return false;
  const auto match = search.find(payload, ending);
  return match && match->end == ending.size() && match->which == which;
}

// Refuses a payload which a delimiter ends early, or whose own end makes the delimiter behind it
// read as another, longer one. (The delimiter itself is always found, if nothing ends before it.)
std::optional<Envelope> wrap_delimiter(std::span<const std::string> delimiters,
                                       std::uint8_t last_ending, Pieces pieces) {
  const std::string_view delimiter = delimiters[last_ending];
  std::string storage;
  const std::string_view payload = in_one_piece(pieces, storage);
  if (!ends_well(DelimiterSearch(delimiters), payload, delimiter, last_ending)) return std::nullopt;
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

std::optional<Envelope> wrap_start_stop(const Framing& framing, Pieces pieces) {
  const StartStop& flags = framing.flags;
  if (!flags.strip) return wrap_whole(framing, pieces);
  std::string storage;
  const std::string_view payload = in_one_piece(pieces, storage);
  if (payload.empty() && flags.start == flags.stop) return std::nullopt;  // two flags in a row
  Envelope envelope{.tail = flags.stop};
  envelope.head_size =
      static_cast<std::uint8_t>(flags.start.copy(envelope.head.data(), envelope.head.size()));
  if (flags.escapes.empty()) {
    if (!ends_well(DelimiterSearch(std::span(&flags.stop, 1)), payload, flags.stop, 0)) {
      return std::nullopt;
    }
  } else if (!needs_no_escape(flags, payload)) {
    envelope.body = std::make_unique<std::string>(escape(flags, payload));
  }
  return envelope;
}

// Whether a frame that `envelope` makes of the payload is read as one of this case.
bool starts_as(const std::vector<Case>& cases, std::size_t place, const Envelope& envelope,
               Pieces payload) {
  std::vector<std::string_view> pieces{envelope.head_bytes()};
  if (envelope.body) {
    pieces.push_back(*envelope.body);
  } else {
    pieces.insert(pieces.end(), payload.begin(), payload.end());
  }
  pieces.push_back(envelope.tail);
  const Choice choice = choose_case(cases, pieces);
  return choice.kind == Choice::Kind::decided && choice.place == place;
}

// As the case of the frame this client sent last, or else as the first that can say it.
std::optional<Envelope> wrap_by_start(const std::vector<Case>& cases, std::uint8_t last_ending,
                                      Pieces pieces) {
  const std::size_t last = case_of_ending(last_ending);
  const auto as = [&](std::size_t place, std::uint8_t ending) -> std::optional<Envelope> {
    std::optional<Envelope> envelope = wrap(cases[place].framing, ending, pieces);
    if (envelope && !starts_as(cases, place, *envelope, pieces)) envelope.reset();
    return envelope;
  };
  std::optional<Envelope> envelope = as(last, ending_of_case(last_ending));
  for (std::size_t place = 0; !envelope && place < cases.size(); ++place) {
    if (place != last) envelope = as(place, 0);
  }
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
      if (framing.keep_ending) return wrap_whole(framing, pieces);
      return wrap_line(framing.ending, last_ending, pieces);
    case Kind::delimiter:
      if (framing.keep_ending) return wrap_whole(framing, pieces);
      return wrap_delimiter(framing.delimiters, last_ending, pieces);
    case Kind::fixed:
      if (size != framing.fixed_bytes) return std::nullopt;
      break;
    case Kind::length_prefix:
      return wrap_length(framing, size, pieces);
    case Kind::start_stop:
      return wrap_start_stop(framing, pieces);
    case Kind::by_start:
      return wrap_by_start(framing.cases, last_ending, pieces);
  }
  return Envelope{};
}

}  // namespace waymark::frame
