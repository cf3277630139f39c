#include "app/config_framing.h"

#include <algorithm>
#include <cstdint>

namespace waymark::app {
namespace {

std::size_t size_of(std::int64_t value) { return static_cast<std::size_t>(value); }

frame::LengthField length_field_of(schema::LengthSize size) {
  switch (size) {
    case schema::LENGTH_SIZE_1:
      return frame::LengthField::u8;
    case schema::LENGTH_SIZE_2:
      return frame::LengthField::u16;
    case schema::LENGTH_SIZE_3:
      return frame::LengthField::u24;
    case schema::LENGTH_SIZE_8:
      return frame::LengthField::u64;
    case schema::LENGTH_SIZE_VARINT:
      return frame::LengthField::varint;
    case schema::LENGTH_SIZE_DECIMAL:
      return frame::LengthField::decimal;
    case schema::LENGTH_SIZE_HEX:
      return frame::LengthField::hex;
    default:
      return frame::LengthField::u32;
  }
}

frame::Ending ending_of(schema::Egress egress) {
  switch (egress) {
    case schema::EGRESS_LF:
      return frame::Ending::lf;
    case schema::EGRESS_CRLF:
      return frame::Ending::crlf;
    default:
      return frame::Ending::same;
  }
}

frame::LengthCounts counts_of(schema::LengthCounts counts) {
  switch (counts) {
    case schema::LENGTH_COUNTS_FIELD:
      return frame::LengthCounts::field;
    case schema::LENGTH_COUNTS_FRAME:
      return frame::LengthCounts::frame;
    default:
      return frame::LengthCounts::rest;
  }
}

frame::Framing framing_of(const schema::Line& in) {
  return {.kind = frame::Kind::line,
          .max_frame_bytes = size_of(in.max_frame_bytes()),
          .ending = ending_of(in.egress()),
          .keep_ending = !in.strip()};
}

frame::Framing framing_of(const schema::Delimiter& in) {
  return {.kind = frame::Kind::delimiter,
          .max_frame_bytes = size_of(in.max_frame_bytes()),
          .keep_ending = !in.strip(),
          .delimiters = {in.delimiters().begin(), in.delimiters().end()}};
}

frame::Framing framing_of(const schema::Fixed& in) {
  return {.kind = frame::Kind::fixed,
          .max_frame_bytes = size_of(in.max_frame_bytes()),
          .fixed_bytes = size_of(in.bytes())};
}

frame::Framing framing_of(const schema::LengthPrefix& in) {
  return {.kind = frame::Kind::length_prefix,
          .max_frame_bytes = size_of(in.max_frame_bytes()),
          .resync = in.on_malformed() == schema::ON_MALFORMED_RESYNC,
          .length = {.field = length_field_of(in.size()),
                     .order = in.order() == schema::BYTE_ORDER_LITTLE ? frame::ByteOrder::little
                                                                      : frame::ByteOrder::big,
                     .counts = counts_of(in.counts()),
                     .digits = static_cast<std::uint8_t>(in.digits()),
                     .bits = static_cast<std::uint8_t>(in.bits()),
                     .offset = size_of(in.offset()),
                     .adjustment = in.adjustment(),
                     .strip = in.strip()}};
}

frame::Framing framing_of(const schema::StartStop& in) {
  frame::Framing out{.kind = frame::Kind::start_stop,
                     .max_frame_bytes = size_of(in.max_frame_bytes()),
                     .resync = in.on_malformed() == schema::ON_MALFORMED_RESYNC};
  out.flags = {.start = in.start(), .stop = in.stop(), .escapes = {}, .strip = in.strip()};
  for (const schema::Escape& each : in.escapes()) {
    out.flags.escapes.push_back({each.sent(), each.means()});
  }
  return out;
}

frame::Framing framing_of(const schema::CaseFraming& in) {
  switch (in.kind_case()) {
    case schema::CaseFraming::kLine:
      return framing_of(in.line());
    case schema::CaseFraming::kDelimiter:
      return framing_of(in.delimiter());
    case schema::CaseFraming::kFixed:
      return framing_of(in.fixed());
    case schema::CaseFraming::kLengthPrefix:
      return framing_of(in.length_prefix());
    case schema::CaseFraming::kStartStop:
      return framing_of(in.start_stop());
    case schema::CaseFraming::KIND_NOT_SET:
      break;
  }
  return {};
}

frame::Framing framing_of(const schema::Switch& in) {
  frame::Framing out{.kind = frame::Kind::by_start,
                     .max_frame_bytes = 1,
                     .resync = in.on_malformed() == schema::ON_MALFORMED_RESYNC};
  for (const schema::Case& each : in.cases()) {
    out.cases.push_back({each.starts_with(), framing_of(each.framing())});
    out.max_frame_bytes = std::max(out.max_frame_bytes, out.cases.back().framing.max_frame_bytes);
  }
  return out;
}

}  // namespace

frame::Framing framing_of(const schema::Framing& in) {
  switch (in.kind_case()) {
    case schema::Framing::kRaw:
    case schema::Framing::KIND_NOT_SET:
      break;
    case schema::Framing::kLine:
      return framing_of(in.line());
    case schema::Framing::kDelimiter:
      return framing_of(in.delimiter());
    case schema::Framing::kFixed:
      return framing_of(in.fixed());
    case schema::Framing::kLengthPrefix:
      return framing_of(in.length_prefix());
    case schema::Framing::kStartStop:
      return framing_of(in.start_stop());
    case schema::Framing::kSwitch:
      return framing_of(in.switch_());
  }
  return {.kind = frame::Kind::raw, .max_frame_bytes = size_of(in.raw().max_frame_bytes())};
}

}  // namespace waymark::app
