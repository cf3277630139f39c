#include "wire/event.h"

#include "wire/writer.h"

namespace waymark::wire {
namespace {

constexpr std::uint32_t kEventsTag = tag(1, WireType::bytes);
constexpr std::uint32_t kMarkTag = tag(1, WireType::bytes);
constexpr std::uint32_t kSeqTag = tag(2, WireType::varint);
constexpr std::uint32_t kDeliveryTag = tag(3, WireType::fixed64);
constexpr std::uint32_t kAttemptTag = tag(4, WireType::varint);
constexpr std::uint32_t kReceivedAtTag = tag(15, WireType::fixed64);

constexpr std::uint32_t kind_tag(EventKind kind) {
  return tag(static_cast<std::uint32_t>(kind), WireType::bytes);
}

// Bytes of the Event itself, without its tag and length in ToUpstream.
std::size_t inner_size(const EventHeader& header, EventKind kind, std::size_t body_size) {
  std::size_t size = varint_size(kind_tag(kind)) + varint_size(body_size) + body_size;
  if (!header.mark.is_nil()) size += 2 + Mark::kSize;
  if (header.seq != 0) size += 1 + varint_size(header.seq);
  if (header.delivery != 0) size += 9;
  if (header.attempt != 0) size += 1 + varint_size(header.attempt);
  return size + size_after_body(header);
}

bool read_body(Cursor& cursor, std::uint32_t field_tag, Event& event) {
  if ((field_tag & 7) != static_cast<std::uint32_t>(WireType::bytes)) {
    return cursor.skip(field_tag);
  }
  const std::uint32_t field = field_tag >> 3;
  const bool known = (field >= 5 && field <= 12) || (field >= 16 && field <= 23);
  Bytes body;
  if (!cursor.read_bytes(body)) return false;
  if (known) {
    event.kind = static_cast<EventKind>(field);
    event.body = body;
  }
  return true;
}

bool read_event(Cursor cursor, Event& event) {
  event = Event();
  while (!cursor.at_end()) {
    std::uint32_t field_tag = 0;
    std::uint64_t number = 0;
    Bytes bytes;
    if (!cursor.read_tag(field_tag)) return false;
    switch (field_tag) {
      case kMarkTag: {
        if (!cursor.read_bytes(bytes)) return false;
        const auto mark = bytes.contiguous() ? Mark::from_bytes(bytes.head())
                                             : Mark::from_bytes(bytes.to_string());
        event.header.mark = mark.value_or(Mark());
        break;
      }
      case kSeqTag:
        if (!cursor.read_varint(event.header.seq)) return false;
        break;
      case kDeliveryTag:
        if (!cursor.read_fixed64(event.header.delivery)) return false;
        break;
      case kAttemptTag:
        if (!cursor.read_varint(number)) return false;
        event.header.attempt = static_cast<std::uint32_t>(number);
        break;
      case kReceivedAtTag:
        if (!cursor.read_fixed64(event.header.received_at)) return false;
        break;
      default:
        if (!read_body(cursor, field_tag, event)) return false;
    }
  }
  return true;
}

}  // namespace

EventSize event_size(const EventHeader& header, EventKind kind, std::size_t body_size) {
  const std::size_t inner = inner_size(header, kind, body_size);
  return {inner, 1 + varint_size(inner) + inner};
}

std::size_t size_after_body(const EventHeader& header) { return header.received_at != 0 ? 9 : 0; }

char* put_event_before_body(char* out, const EventSize& size, const EventHeader& header,
                            EventKind kind, std::size_t body_size) {
  out = put_varint(out, kEventsTag);
  out = put_varint(out, size.inner);
  if (!header.mark.is_nil()) {
    out = put_varint(out, kMarkTag);
    out = put_varint(out, Mark::kSize);
    out = put_bytes(out, header.mark.bytes());
  }
  if (header.seq != 0) {
    out = put_varint(out, kSeqTag);
    out = put_varint(out, header.seq);
  }
  if (header.delivery != 0) {
    out = put_varint(out, kDeliveryTag);
    out = put_fixed64(out, header.delivery);
  }
  if (header.attempt != 0) {
    out = put_varint(out, kAttemptTag);
    out = put_varint(out, header.attempt);
  }
  out = put_varint(out, kind_tag(kind));
  return put_varint(out, body_size);
}

char* put_event_after_body(char* out, const EventHeader& header) {
  if (header.received_at == 0) return out;
  out = put_varint(out, kReceivedAtTag);
  return put_fixed64(out, header.received_at);
}

char* put_event(char* out, const EventSize& size, const EventHeader& header, EventKind kind,
                std::string_view body) {
  out = put_event_before_body(out, size, header, kind, body.size());
  return put_event_after_body(put_bytes(out, body), header);
}

void add_event(std::string& out, const EventHeader& header, EventKind kind, std::string_view body) {
  const EventSize size = event_size(header, kind, body.size());
  const std::size_t before = out.size();
  out.resize(before + size.whole);
  put_event(out.data() + before, size, header, kind, body);
}

Mark mark_of_entry(std::string_view entry) {
  std::size_t at = 1;  // behind the tag, at the length
  while ((static_cast<unsigned char>(entry[at]) & 0x80) != 0) ++at;
  return Mark::from_bytes(entry.substr(at + 3, Mark::kSize)).value_or(Mark());
}

EventHeader header_of_entry(std::string_view entry) {
  EventReader reader(Pieces(&entry, 1));
  Event event;
  (void)reader.next(event);
  return event.header;
}

ReadResult EventReader::next(Event& event) {
  while (!cursor_.at_end()) {
    std::uint32_t field_tag = 0;
    if (!cursor_.read_tag(field_tag)) return ReadResult::malformed;
    if (field_tag != kEventsTag) {
      if (!cursor_.skip(field_tag)) return ReadResult::malformed;
      continue;
    }
    Bytes bytes;
    if (!cursor_.read_bytes(bytes) || !read_event(Cursor(bytes), event)) {
      return ReadResult::malformed;
    }
    return ReadResult::item;
  }
  return ReadResult::end;
}

}  // namespace waymark::wire
