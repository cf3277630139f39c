// The handshake and the bodies of events mean the same to src/wire and to protobuf.
#include "wire_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark::wire;
  const WireInput input(data, size);
  for (const auto read :
       {read_hello, read_welcome, read_opened, read_marked, read_closed, read_undeliverable,
        read_ping, read_gap, read_ack, read_nack, read_naming, read_relay, read_relayed,
        read_lookup_result, read_upstream_changed, read_refused, read_set_attributes}) {
    input.require_agreement(read);
  }
  return 0;
}
