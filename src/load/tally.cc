#include "load/tally.h"

namespace waymark::load {

Counts& Counts::operator+=(const Counts& other) {
  sent += other.sent;
  received += other.received;
  bytes += other.bytes;
  mismatched += other.mismatched;
  lost += other.lost;
  late += other.late;
  duplicates += other.duplicates;
  connected += other.connected;
  connect_errors += other.connect_errors;
  handshake_errors += other.handshake_errors;
  disconnects += other.disconnects;
  return *this;
}

Counts operator-(Counts a, const Counts& b) {
  a.sent -= b.sent;
  a.received -= b.received;
  a.bytes -= b.bytes;
  a.mismatched -= b.mismatched;
  a.lost -= b.lost;
  a.late -= b.late;
  a.duplicates -= b.duplicates;
  a.connected -= b.connected;
  a.connect_errors -= b.connect_errors;
  a.handshake_errors -= b.handshake_errors;
  a.disconnects -= b.disconnects;
  return a;
}

Counts Tally::counts() const {
  return {.sent = sent.get(),
          .received = received.get(),
          .bytes = bytes.get(),
          .mismatched = mismatched.get(),
          .lost = lost.get(),
          .late = late.get(),
          .duplicates = duplicates.get(),
          .connected = connected.get(),
          .connect_errors = connect_errors.get(),
          .handshake_errors = handshake_errors.get(),
          .disconnects = disconnects.get()};
}

}  // namespace waymark::load
