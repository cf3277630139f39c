// Events of a ToUpstream mean the same to src/wire and to protobuf, whatever the bytes.
#include "wire_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  waymark::wire::WireInput(data, size).require_agreement(waymark::wire::read_events);
  return 0;
}
