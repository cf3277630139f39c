#include "link/link_events.h"

namespace waymark::link {

void LinkCounters::add(const LinkCounters& other) {
  events_sent += other.events_sent;
  frames_sent += other.frames_sent;
  batches_sent += other.batches_sent;
  bytes_sent += other.bytes_sent;
  messages_received += other.messages_received;
  times_ready += other.times_ready;
  times_lost += other.times_lost;
  times_failed += other.times_failed;
  malformed += other.malformed;
  batch_frames.add(other.batch_frames);
  up.add(other.up);
  down.add(other.down);
}

}  // namespace waymark::link
