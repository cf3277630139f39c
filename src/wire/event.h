// Events, proxy -> upstream: `Event` of proto/waymark/link/v1/link.proto. Twin of command.h.
//
// Every event is a header and one field that names its kind; a frame's payload is the body of the
// kind `payload`, the other bodies are small messages made and read in lifecycle.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "waymark/mark.h"
#include "wire/bytes.h"
#include "wire/cursor.h"

namespace waymark::wire {

// The values are field numbers.
enum class EventKind : std::uint32_t {
  none = 0,
  payload = 5,
  opened = 6,
  half_closed = 7,
  closed = 8,
  ping = 9,
  gap = 10,
  pressure = 11,
  undeliverable = 12,
  receipt = 16,
  marked = 17,
  relayed = 18,
  lookup_result = 19,
  upstream_changed = 20,
  drain = 21,
  snapshot_end = 22,
  refused = 23,
};

struct EventHeader {
  Mark mark;                      // nil: an event of the link itself
  std::uint64_t seq = 0;          // frames only, from 1
  std::uint64_t delivery = 0;     // 0: needs no ack
  std::uint32_t attempt = 0;      // above 1: may be a repetition
  std::uint64_t received_at = 0;  // Unix nanoseconds; 0: unknown

  // Which delivery this is, counted from 1.
  [[nodiscard]] std::uint32_t attempts() const { return attempt == 0 ? 1 : attempt; }
};

// What an event takes as one entry of ToUpstream.events.
struct EventSize {
  std::size_t inner = 0;  // the Event itself
  std::size_t whole = 0;  // with its tag and length
};
[[nodiscard]] EventSize event_size(const EventHeader& header, EventKind kind,
                                   std::size_t body_size);

// Writes one entry at `out`, where size.whole bytes are free; answers the end. `size` is
// event_size() of the same arguments. Entries written one after the other are a whole ToUpstream.
char* put_event(char* out, const EventSize& size, const EventHeader& header, EventKind kind,
                std::string_view body);
// The same in two parts, for a body of `body_size` bytes that lies between them already.
char* put_event_before_body(char* out, const EventSize& size, const EventHeader& header,
                            EventKind kind, std::size_t body_size);
char* put_event_after_body(char* out, const EventHeader& header);
[[nodiscard]] std::size_t size_after_body(const EventHeader& header);

void add_event(std::string& out, const EventHeader& header, EventKind kind, std::string_view body);

// The mark of one entry that was written with one.
[[nodiscard]] Mark mark_of_entry(std::string_view entry);
// The whole header of one entry of the proxy's own making.
[[nodiscard]] EventHeader header_of_entry(std::string_view entry);

struct Event {
  EventHeader header;
  EventKind kind = EventKind::none;  // none: a kind this version does not know
  Bytes body;                        // of the last one, should the kind be given twice
};

enum class ReadResult : std::uint8_t { item, end, malformed };

// Reads the events of a ToUpstream one by one; other fields are passed over.
class EventReader {
 public:
  explicit EventReader(Pieces message) : cursor_(message) {}

  // The event's views are valid while the message is.
  [[nodiscard]] ReadResult next(Event& event);

 private:
  Cursor cursor_;
};

}  // namespace waymark::wire
