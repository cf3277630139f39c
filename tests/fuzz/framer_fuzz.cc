// The input chooses a framing, a payload, how things are split, and is the stream. The properties
// of tests/unit/frame must hold for it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../unit/frame/properties.h"
#include "byte_dice.h"

namespace {

void require(const std::string& fault, const char* property) {
  if (fault.empty()) return;
  std::fprintf(stderr, "%s: %s\n", property, fault.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark::frame;
  waymark::ByteDice dice({reinterpret_cast<const char*>(data), size});
  const Framing framing = roll_framing(dice);
  if (!framing.validate().ok()) return -1;
  const auto ending = roll_ending(framing, dice);
  const std::string payload = dice.take(60);
  const std::string split_plan = dice.take(40);
  const std::string_view stream = dice.rest();

  waymark::ByteDice splits(split_plan);
  require(check_splits(framing, stream, splits), "splits");
  require(check_echo(framing, stream, splits), "echo");
  require(check_round_trip(framing, ending, payload, splits), "round trip");
  return 0;
}
