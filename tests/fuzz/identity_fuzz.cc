// Any frames, and any TLVs and names beside them: a key that is found is one, the same frames find
// the same one again, and once a search is over it stays as it is.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "byte_dice.h"
#include "identity/search.h"

namespace {

using waymark::ByteDice;
using waymark::Mark;
using namespace waymark::identity;

void require(bool holds) {
  if (!holds) std::abort();
}

Rule any_rule(ByteDice& dice) {
  static const FramePattern kPattern = *pattern_of("(?:imei|id)[:=]([0-9A-Za-z]+)");
  const auto form = static_cast<KeyForm>(dice(5));
  FrameRule frame{.form = form, .frames = 1 + dice(FrameRule::kMostFrames)};
  switch (dice(7)) {
    case 0:
      return {.how = CertificateRule{dice(2) == 0 ? CertificateRule::Field::spki
                                                  : CertificateRule::Field::san},
              .trust = Trust::proven};
    case 1:
      return {.how = TlvRule{static_cast<std::uint8_t>(dice(256)), form}, .trust = Trust::vouched};
    case 2:
      return {.how = SourceIpRule{}, .trust = Trust::none};
    case 3:
      return {.how = RandomRule{}};
    case 4:
      frame.where = FrameSlice{dice(40), dice(40)};
      frame.starts_with = dice.take(3);
      break;
    case 5:
      frame.where = kPattern;
      break;
    default: {
      const auto pointer = pointer_of(dice.take(20));
      frame.where = pointer.ok() ? *pointer : *pointer_of("/device/id");
    }
  }
  return {.how = std::move(frame), .trust = Trust::claimed};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteDice dice({reinterpret_cast<const char*>(data), size});
  Rules rules;
  for (std::size_t left = 1 + dice(4); left > 0; --left) rules.push_back(any_rule(dice));
  const std::string tlvs = dice.take(60);
  const std::string spki = dice.take(10);
  const Known known{.source_ip = "192.0.2.1",
                    .proxy_tlvs = tlvs,
                    .certificate_spki = spki,
                    .certificate_sans = {dice.take(20)}};

  Search search(rules, known);
  Search again(rules, known);
  std::string_view rest = dice.rest();
  while (!rest.empty()) {
    const std::string_view frame = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(frame.size() == rest.size() ? frame.size() : frame.size() + 1);
    const bool was_open = search.is_open();
    const Identity before = search.found();
    search.frame(frame);
    again.frame(std::string(frame));
    require(search.found() == again.found() && search.is_open() == again.is_open());
    require(was_open || (!search.is_open() && search.found() == before));
  }
  const Identity& found = search.found();
  require(found.key.size() <= Identity::kMostKeyBytes);
  require(found.key.empty() == (found.source == Source::random));
  if (found.key.empty()) return 0;
  const Mark mark = derived_mark(default_namespace(), found);
  require((static_cast<std::uint8_t>(mark.bytes()[6]) >> 4) == 5 &&
          mark == derived_mark(default_namespace(), found));
  return 0;
}
